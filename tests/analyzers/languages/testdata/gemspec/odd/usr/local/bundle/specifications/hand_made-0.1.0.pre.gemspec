Gem::Specification.new do |spec|
  spec.name          = 'hand_made'
  spec.version       = HandMade::VERSION
  spec.licenses      = ["MIT", 'Ruby', %q{BSD-2-Clause}]
  spec.add_dependency "rake", "~> 13.0"
end
