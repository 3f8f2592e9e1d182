{application,a,[{vsn,"1.0" "-rc1"},{description,"it\"s [a"},{applications,[a-b]}]}.
