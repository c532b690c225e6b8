"""kpool's own plugins: found through the same entry points as everybody's."""
