"""Upper and lower bounds on the loss of exact Bayes, and the two side by side."""
