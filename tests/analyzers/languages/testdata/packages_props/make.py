"""Writes this folder's samples: `python tests/analyzers/languages/testdata/packages_props/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a project, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/Directory.Packages.props": b"""<Project>
  <PropertyGroup>
    <JsonVersion>13.0.1</JsonVersion>
  </PropertyGroup>
  <ItemGroup Condition="'$(TargetFramework)' == 'net6.0'">
    <PackageVersion Include="Newtonsoft.Json" Version="$(JsonVersion)" />
    <PackageVersion Include="Serilog">
      <Version>[2.10.0, 3.0.0)</Version>
    </PackageVersion>
  </ItemGroup>
  <ItemGroup>
    <GlobalPackageReference Include="StyleCop" Version="1.0.0" />
  </ItemGroup>
</Project>
""",
    "good/src/Packages.props": (
        b'\xef\xbb\xbf<Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003">\n<ItemGroup>\n'
        b'<PackageReference Update="NLog; NLog.Web" Version="4.7.0" />\n</ItemGroup>\n</Project>\n'
    ),
    "odd/Directory.Packages.props": b"""<Project>
<PropertyGroup><A>$(B)$(B)</A><B>$(A)$(A)</B></PropertyGroup>
<Choose><When><ItemGroup><PackageVersion Include="a" Version="$(A)" /></ItemGroup></When></Choose>
<ItemGroup><PackageVersion Include="b" Version="1.*" /><PackageVersion Include="c" Version="(,2]" />
<PackageVersion Include="$(D)" Version="1" /><PackageVersion Include="" /><Other Include="e" /></ItemGroup>
</Project>
""",
    "empty/a/Packages.props": b"",
    "broken/b/Packages.props": b"<configuration/>",
}

if __name__ == "__main__":
    for path, content in SAMPLES.items():
        target = Path(__file__).parent / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
