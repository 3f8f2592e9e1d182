# -*- encoding: utf-8 -*-
# stub: nokogiri 1.10.4 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "nokogiri".freeze
  s.version = "1.10.4"
  s.platform = "x86_64-linux".freeze
  s.license = 'MIT'

  if s.respond_to? :specification_version then
    if Gem::Version.new(Gem::VERSION) >= Gem::Version.new('1.2.0') then
      s.add_runtime_dependency(%q<mini_portile2>.freeze, ["~> 2.4.0"])
      s.add_development_dependency(%q<minitest>.freeze, ["~> 5.8"])
    else
      s.add_dependency(%q<mini_portile2>.freeze, ["~> 2.4.0"])
      s.add_dependency(%q<minitest>.freeze, ["~> 5.8"])
    end
  end
end
