import pytest

from analyzers import versions

# deb-version(7) and the Debian policy manual, 5.6.12
DEBIAN = """
~~ < ~~a
~~a < ~
~ < a
0:1.0 = 1.0
1.0-0 = 1.0
1.0 < 1.0-1
1.0~beta1~svn1245 < 1.0~beta1
1.0~beta1 < 1.0
1.0 < 1.0a
1.0a < 1.0+b
1:0.1 > 9.9
1.2.9 < 1.2.10
1.0-1 < 1.0-1+deb12u1
1.0-1+deb12u9 < 1.0-1+deb12u10
17.0.9+9-1~deb12u1 < 17.0.9+9-1
1.002 = 1.2
2:1.0:2-3 < 2:1.0:3-1
"""

# apk-package(5), facts that apk-tools' own tests also hold
ALPINE = """
2.34 > 0.1.0_alpha
0.1.0_alpha < 0.1.3_alpha
0.1.0_alpha2 > 0.1.0_alpha
2.2.39-r1 > 1.0.4-r3
1.1 > 1.1_alpha1
1.3_alpha < 1.3_alpha2
2.3.0b-r1 < 2.3.0b-r2
0.13_beta5 > 0.9.12
1.06-r6 < 006
006 > 1.0.0
3.1_p16 < 3.1_p17
2.01.01_alpha10 > 0.94
1.00_beta2 > 0.9.2
2.5.1-r8 < 2.5.1a-r1
2.9.11_pre20051101-r2 < 2.9.11_pre20061021-r1
1.02 < 1.02.07
20050718-r1 < 20050718-r2
1.3_pre1-r1 < 1.3.2
1.0_p10-r0 > 1.0_p9-r0
0.1.0_alpha_pre2 < 0.1.0_alpha
8.2.0015 < 8.2.002
1.05 < 1.5
1.0_rc1 < 1.0
1.0 < 1.0_cvs
1.0_cvs < 1.0_svn
1.0_svn < 1.0_git
1.0_git < 1.0_hg
1.0_hg < 1.0_p
1.0 < 1.0~1234abcd
1.0~1234abcd-r1 > 1.0~1234abcd-r0
1.0_p1 < 1.0a
6.6.2p1-r0 < 6.6.2p2-r0
"""

# rpm's own version comparison facts
RPM = """
1.0 = 1.0
1.0 < 2.0
2.0.1 > 2.0
2.0.1a > 2.0.1
5.5p1 < 5.5p2
5.5p1 < 5.5p10
10xyz < 10.1xyz
xyz10 < xyz10.1
xyz.4 < 8
5.6p1 > 5.5p2
6.0.rc1 > 6.0
10b2 > 10a1
1.0a < 1.0aa
10.0001 = 10.1
10.0001 < 10.0039
4.999.9 < 5.0
20101121 < 20101122
2_0 = 2.0
a+ = a_
+a = _a
1.0~rc1 < 1.0
1.0~rc1 < 1.0~rc2
1.0~rc1~git123 < 1.0~rc1
1.0^ > 1.0
1.0^git1 > 1.0
1.0^git1 < 1.0^git2
1.0^git1 < 1.01
1.0^20160101 < 1.0.1
1.0^20160102 > 1.0^20160101^git1
1.0~rc1 < 1.0~rc1^git1
1.0^git1~pre < 1.0^git1
0:1.0-1 = 1.0-1
1:1.0-1 > 2.0-1
1.0-1.el9 < 1.0-2.el9
1.0-10.el9_1 > 1.0-9.el9
"""

# semver.org, 11, and what registries add
SEMVER = """
1.0.0 < 2.0.0
2.0.0 < 2.1.0
2.1.0 < 2.1.1
1.0.0-alpha < 1.0.0
1.0.0-alpha < 1.0.0-alpha.1
1.0.0-alpha.1 < 1.0.0-alpha.beta
1.0.0-alpha.beta < 1.0.0-beta
1.0.0-beta < 1.0.0-beta.2
1.0.0-beta.2 < 1.0.0-beta.11
1.0.0-beta.11 < 1.0.0-rc.1
1.0.0-rc.1 < 1.0.0
1.0.0+build = 1.0.0
v1.2.3 = 1.2.3
1.2 = 1.2.0
1.2.3-x-y-z.--- < 1.2.3
1.2.3beta < 1.2.3
1.10.0 > 1.9.0
"""

GO = """
v1.2.3 = 1.2.3
v2.0.0+incompatible = 2.0.0
v0.0.0-20190101000000-abcdefabcdef < v0.0.0-20200101000000-abcdefabcdef
v0.0.0-20200101000000-abcdefabcdef < v0.0.1
go1.22rc1 = 1.22.0-rc.1
go1.21.3 < go1.21.10
go1.22rc1 > 1.22.0-0
go1.21.3 X:boringcrypto = 1.21.3
"""

# PEP 440
PYPI = """
1.dev0 < 1.0.dev456
1.0.dev456 < 1.0a1
1.0a1 < 1.0a2.dev456
1.0a2.dev456 < 1.0a12.dev456
1.0a12.dev456 < 1.0a12
1.0a12 < 1.0b1.dev456
1.0b1.dev456 < 1.0b2
1.0b2 < 1.0b2.post345.dev456
1.0b2.post345.dev456 < 1.0b2.post345
1.0b2.post345 < 1.0rc1.dev456
1.0rc1.dev456 < 1.0rc1
1.0rc1 < 1.0
1.0 < 1.0+abc.5
1.0+abc.5 < 1.0+abc.7
1.0+abc.7 < 1.0+5
1.0+5 < 1.0.post456.dev34
1.0.post456.dev34 < 1.0.post456
1.0.post456 < 1.0.15
1.0.15 < 1.1.dev1
1.0 = 1.0.0
1!0.1 > 2024.1
v1.0-RC.1 = 1.0rc1
"""

# the version order specification in Maven's POM reference
MAVEN = """
1 < 1.1
1-snapshot < 1
1 < 1-sp
1-foo2 < 1-foo10
1.foo = 1-foo
1-foo < 1-1
1-1 < 1.1
1.ga = 1-ga
1-ga = 1-0
1-0 = 1.0
1.0 = 1
1-sp > 1-ga
1-sp.1 > 1-ga.1
1-sp-1 < 1-ga-1
1-a1 = 1-alpha-1
1.0.0-foo.0.0 = 1-foo
1.0.0-0.0.0 = 1
1. = 1
1- = 1
1-1.foo-bar1baz-.1 = 1-1.foo-bar-1-baz-0.1
1-alpha < 1-beta
1-beta < 1-milestone
1-milestone < 1-rc
1-rc = 1-cr
1-rc < 1-snapshot
1.0-SNAPSHOT < 1.0
4.1.0.Beta1 < 4.1.0.Final
4.1.0.Final = 4.1
31.0-jre < 31.0.1-jre
2.0-1 < 2.0.1
0-1 < 0.1
"""

# Gem::Version's documentation
RUBYGEMS = """
1.0.b1 < 1.0
1.0.a.2 < 1.0.b1
0.9 < 1.0.a.2
1 = 1.0.0
1.0 < 1.0.1
1.0.0.a = 1.a
1.a.0.b < 1.a
1.a.0.b > 1.a.b
5.2.4.3 < 5.2.4.10
1.0.0-rc1 < 1.0.0
1.0-rc1 = 1.0.pre.rc1
"""

NUGET = """
1.0.0-BETA = 1.0.0-beta
1.0 = 1.0.0.0
1.0.0.1 > 1.0.0
1.0.0+meta = 1.0.0
1.01.1 = 1.1.1
1.0.1-aaa < 1.0.1-beta
1.0.1-zzz < 1.0.1
"""

# Composer's stabilities and PHP's version_compare
PACKAGIST = """
1.0 = 1.0.0.0
v1.0.0 = 1.0
1.0-dev < 1.0-alpha1
1.0-alpha1 < 1.0b1
1.0b1 < 1.0-RC1
1.0-RC1 < 1.0
1.0@beta = 1.0
1.0+build = 1.0
1.0-stable = 1.0
1.0 < 1.0-p1
1.0-p1 = 1.0-patch1
1.0-beta < 1.0-beta1
1.0-beta2-dev < 1.0-beta2
2.1.x-dev > 2.1.5
2.1.x-dev < 2.2
20100102 < 20100103
2010-01-02 < 2011-01-02
"""

BITNAMI = """
1.30.2-3 > 1.30.2
1.30.2-r3 = 1.30.2-3
1.30.2-rc1 < 1.30.2
1.30.2-3 < 1.30.3
"""

WITH_BUILD = """
0.6.3 < 0.6.3+0
0.6.3+0 < 0.6.3+1
0.6.3+9 < 0.6.3+10
1.0.0-rc1 < 1.0.0
1.0.0+a > 1.0.0+1
"""

CONAN = """
1.2 = 1.2.0
1.2.9 < 1.2.10
1.1.1 < 1.1.1a
1.1.1s < 1.1.1t
1.0.0-beta.2 < 1.0.0-beta.11
1.0.0-beta < 1.0.0
1.0.0 < 1.0.0+1
9e < cci.20200101
cci.20200101 < cci.20210101
"""

ACTIONS = """
0 < v1.0.0
v4.1.1 = 4.1.1
v4.1.9 < v4.1.10
4 = v4.0.0
v1.0 < v1.0.1
v2.0.0-beta.1 < v2.0.0
"""

OPAM = """
~~ < ~
~ < ~beta2
~beta2 < ~beta10
~beta10 < 0.1
0.1 < 1.0~beta
1.0~beta < 1.0
1.0 < 1.0-test
1.0-test < 1.0.1
1.0.1 < 1.0.10
1.0.10 < dev
dev < trunk
4.14.1 < 4.14.1+flambda
3.07 < 3.07+1
"""

DOTTED = """
1.0 < 1.0.0
1.2.3 < 1.10
1.2-3 = 1.2.3
"""

TABLES = {
    "Debian:12": DEBIAN,
    "Ubuntu:22.04:LTS": DEBIAN,
    "Alpine:v3.20": ALPINE,
    "Wolfi": ALPINE,
    "Chainguard": ALPINE,
    "AlmaLinux:9": RPM,
    "Rocky Linux:9": RPM,
    "Red Hat:enterprise_linux:9::baseos": RPM,
    "openSUSE:Leap 15.5": RPM,
    "SUSE:Linux Enterprise Server 15 SP5": RPM,
    "Azure Linux:3": RPM,
    "npm": SEMVER,
    "crates.io": SEMVER,
    "Hex": SEMVER,
    "SwiftURL": SEMVER,
    "Bitnami": BITNAMI,
    "Go": GO,
    "PyPI": PYPI,
    "Maven": MAVEN,
    "Maven:https://maven.google.com": MAVEN,
    "RubyGems": RUBYGEMS,
    "NuGet": NUGET,
    "Packagist": PACKAGIST,
    "Julia": WITH_BUILD,
    "Pub": WITH_BUILD,
    "ConanCenter": CONAN,
    "GitHub Actions": ACTIONS,
    "CRAN": DOTTED,
    "opam": OPAM,
    "Hackage": DOTTED,
}


def statements() -> list[tuple[str, str, str, str]]:
    return [
        (ecosystem, *row.rsplit(" ", 2))  # type: ignore[misc]  # rows have three words
        for ecosystem, table in TABLES.items()
        for row in table.strip().splitlines()
    ]


@pytest.mark.parametrize(("ecosystem", "left", "sign", "right"), statements())
def test_vendors_say(ecosystem: str, left: str, sign: str, right: str) -> None:
    order = versions.compare(ecosystem, left, right)

    assert "<=>"[(order > 0) - (order < 0) + 1] == sign
    assert versions.compare(ecosystem, right, left) == -order


@pytest.mark.parametrize(
    ("ecosystem", "version"),
    [
        ("Debian:12", ""),
        ("Debian:12", "1.0-"),
        ("Debian:12", "-1"),
        ("Debian:12", "a:1"),
        ("Debian:12", "1:"),
        ("Debian:12", "99999999999:1"),
        ("Debian:12", "1 2"),
        ("Alpine:v3.20", "1.0bc"),
        ("Alpine:v3.20", "1.0_foo1"),
        ("Alpine:v3.20", "1.0-1"),
        ("Alpine:v3.20", "57-1-r2"),
        ("Alpine:v3.20", "1.0-r"),
        ("AlmaLinux:9", ""),
        ("AlmaLinux:9", "1:"),
        ("AlmaLinux:9", "1.0 2"),
        ("PyPI", "2004d-x"),
        ("PyPI", "latest"),
        ("npm", "latest"),
        ("npm", "1..2"),
        ("npm", "1.0.0-"),
        ("npm", "1.0.0-a..b"),
        ("Go", "(devel)"),
        ("Go", "devel go1.23-abc"),
        ("Maven", ""),
        ("Maven", "[1.0, 2.0)"),
        ("RubyGems", "a.b"),
        ("RubyGems", "1.0 beta"),
        ("NuGet", "*"),
        ("Packagist", "dev-main"),
        ("Packagist", "8.x-1.5"),
        ("ConanCenter", "[>=1.0]"),
        ("ConanCenter", ""),
        ("GitHub Actions", "v4"),
        ("GitHub Actions", "main"),
        ("GitHub Actions", "1.x"),
        ("GitHub Actions", "11bd71901bbe5b1630ceea73d27597364c9af683"),
        ("Hackage", "1.a"),
        ("Hackage", "1..2"),
        ("Bitnami", "nightly.2026-03-10.0"),
        ("Maven", "9" * 1001),
    ],
)
def test_what_is_no_version_is_told_by_name(ecosystem: str, version: str) -> None:
    with pytest.raises(versions.InvalidVersionError, match=r"expected|longer|Debian|RPM|epoch"):
        versions.key(ecosystem, version)


@pytest.mark.parametrize("ecosystem", ["", "npm2", "GIT", "debian:12", "Linux"])
def test_an_unknown_ecosystem_is_an_error(ecosystem: str) -> None:
    with pytest.raises(versions.UnknownEcosystemError, match="no version order is known"):
        versions.compare(ecosystem, "1", "2")


def test_long_numbers_and_repetitions_cost_no_time() -> None:
    assert versions.compare("Debian:12", "1" + "0" * 900, "9" * 901) < 0
    with pytest.raises(versions.InvalidVersionError):
        versions.key("Packagist", "1.0-beta" + "1" * 900 + "x")


def test_odd_characters_in_debian_versions_sort_as_dpkg_has_them() -> None:
    assert versions.compare("Debian:12", "1.0_1", "1.0.1") > 0
    assert versions.compare("Debian:12", "1.0é", "1.0z") > 0
