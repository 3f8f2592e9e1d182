"""What is wrong with configurations: the checks, family by family, and the advice that goes with them."""
