"""From SymPy expressions to compiled code.  This room knows no law, and it alone imports Numba."""
