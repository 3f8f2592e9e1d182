package = "a"
version = computed()
