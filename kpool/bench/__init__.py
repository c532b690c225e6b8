"""How long poolings take, and how much memory: against one read of the input, and against other libraries."""
