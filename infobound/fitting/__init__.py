"""Laws fitted to training runs: `fit`, what it read, how sure it is, and what can be asked of its result."""
