"""What is not to be told again: rules of the operator and VEX statements, read from bytes and applied."""
