"""What the policies of the settings say about findings of any kind."""
