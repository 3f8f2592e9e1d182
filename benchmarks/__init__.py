"""What Cleanbill costs, measured beside the programs that a user would pick instead."""
