module example.org/b

require example.org/lonely
