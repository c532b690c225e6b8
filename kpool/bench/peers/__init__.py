"""Other libraries that pool, timed beside kpool on the same input."""
