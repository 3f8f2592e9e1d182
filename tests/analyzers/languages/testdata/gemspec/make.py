"""Writes this folder's samples: `python tests/analyzers/languages/testdata/gemspec/make.py`.

The specification below good is the one that RubyGems 3.3 wrote for webrick, less three long lines;
the others are made up.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

WEBRICK = b"""\
# -*- encoding: utf-8 -*-
# stub: webrick 1.8.1 ruby lib

Gem::Specification.new do |s|
  s.name = "webrick".freeze
  s.version = "1.8.1"

  s.require_paths = ["lib".freeze]
  s.authors = ["TAKAHASHI Masayoshi".freeze, "GOTOU YUUZOU".freeze, "Eric Wong".freeze]
  s.date = "2023-02-08"
  s.email = [nil, nil, "normal@ruby-lang.org".freeze]
  s.homepage = "https://github.com/ruby/webrick".freeze
  s.licenses = ["Ruby".freeze, "BSD-2-Clause".freeze]
  s.required_ruby_version = Gem::Requirement.new(">= 2.4.0".freeze)
  s.rubygems_version = "3.3.15".freeze
  s.summary = "HTTP server toolkit".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
"""
TWICE = b"""\
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
"""
BY_HAND = b"""\
Gem::Specification.new do |spec|
  spec.name          = 'hand_made'
  spec.version       = HandMade::VERSION
  spec.licenses      = ["MIT", 'Ruby', %q{BSD-2-Clause}]
  spec.add_dependency "rake", "~> 13.0"
end
"""
FOLDER = "usr/local/bundle/specifications"
SAMPLES = {
    f"good/{FOLDER}/webrick-1.8.1.gemspec": WEBRICK,
    f"odd/{FOLDER}/nokogiri-1.10.4-x86_64-linux.gemspec": TWICE,
    f"odd/{FOLDER}/hand_made-0.1.0.pre.gemspec": BY_HAND,
    f"empty/{FOLDER}/a-1.0.gemspec": b"",
    f"broken/{FOLDER}/unnamed.gemspec": BY_HAND,
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
