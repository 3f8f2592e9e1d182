"""The table of programs that tell their version in a string of their own.

Sources: each pattern follows a string of the program's source code; all but those of Helm, MySQL, Traefik and
Valkey were seen in a real program. Programs written in Go tell more by their build information, which
`analyzers.binaries.go` reads, but seldom their own version.
"""

from typing import NamedTuple


class Program(NamedTuple):
    """One program, and how it is told."""

    name: str
    """As it is reported; the last part of its generic package URL."""
    files: str
    """A regular expression of its files' names."""
    marker: bytes
    """What stands in it whatever its version is. A file without it is some other program of the same name."""
    versions: tuple[bytes, ...]
    """Regular expressions whose first group is the version; one that begins with letters is the fastest."""


def _p(name: str, files: str, marker: bytes, *versions: bytes) -> Program:
    return Program(name, files, marker, versions)


_N = rb"(\d+\.\d+(?:\.\d+)*)"  # numbers and dots
_ALONE = rb"\0" + _N + rb"\0"
_THREE = rb"(\d+\.\d+\.\d+)"
# version, builder's host and time of the build, whether its tree was changed, commit; all in one string
_REDIS = rb"(?<![\d.])(\d+\.\d+\.\d{1,3}?)(?:(?:[a-z][\w.-]*|[0-9a-f]{12})-)?\d{10}[01][0-9a-f]{8}\0"

# what `go build -ldflags "-X …"` sets, alone between zeros; distributions add to it
_LINKED = rb"\0v?(\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)[.\d]*)?)(?:[+~-][^\0]{0,40})?\0"

PROGRAMS = (
    _p("apache-httpd", r"httpd|apache2", b"Apache/2", rb"Apache/" + _THREE),
    _p("bash", r"bash", b"@(#)Bash version ", rb"@\(#\)Bash version " + _N),
    _p("bind", r"named", b"libisc-", rb"libisc-" + _N),
    _p("busybox", r"busybox(?:\.\w+)?", b"BusyBox v", rb"BusyBox v" + _N),
    _p("caddy", r"caddy", b"github.com/caddyserver/caddy/v2", _LINKED),
    _p("catatonit", r"catatonit", b"catatonit", rb"\0(0\.\d+\.\d+)\0"),
    _p("containerd", r"containerd", b"github.com/containerd/containerd", _LINKED),
    _p("curl", r"curl", b"curl/", rb"\0curl/" + _N),
    _p("dnsmasq", r"dnsmasq", b"dnsmasq-", rb"\0dnsmasq-" + _N),
    _p("docker", r"docker|dockerd", b"github.com/docker/", _LINKED),
    _p("dropbear", r"dropbear(?:multi)?|dbclient", b"dropbear_", rb"SSH-2\.0-dropbear_" + _N),
    _p("dumb-init", r"dumb-init", b"DUMB_INIT", rb"\0" + _THREE + rb"\n?\0"),
    _p("erlang-erts", r"beam(?:\.smp)?", b"emulator version ", rb"\(BEAM\) emulator version " + _N),
    _p("exim", r"exim\d?", b"Exim version ", rb"\0(4\.\d\d(?:\.\d+)?)\0"),
    _p("ffmpeg", r"ffmpeg|ffprobe|ffplay", b"FFmpeg", rb"%s version n?" + _N),
    _p("gawk", r"gawk", b"GNU Awk ", rb"GNU Awk " + _N),
    _p("gcc", r"(?:[\w-]+-)?(?:gcc|g\+\+|cpp)(?:-\d+)?", b"GCC_EXEC_PREFIX", rb"\0" + _THREE + rb"\0"),
    _p("git", r"git", b"git-upload-pack", rb"\0(2\.\d+\.\d+)(?:\.\d+)?\0"),
    _p("gnupg", r"gpg2?", b"OpenPGP server ", rb"OpenPGP server " + _N + rb" ready"),
    _p("gzip", r"gzip", b"GZIP", rb"\0(1\.\d\d)\0"),
    _p("haproxy", r"haproxy", b"HAProxy", rb" version " + _N + rb"[^\0,]*, released "),
    _p("helm", r"helm", b"helm.sh/helm/v", _LINKED),
    _p(
        "imagemagick",
        r"magick|libMagickCore-[\w.]+\.so(?:\.[\d.]+)?",
        b"ImageMagick ",
        rb"ImageMagick (\d+\.\d+\.\d+-\d+)",
    ),
    _p("influxdb", r"influxd?", b"github.com/influxdata/influxdb", _LINKED),
    _p("java", r"libjvm\.so", b" JRE (", rb" JRE \((\d[\d.]*(?:_\d+)?(?:-b\d+|\+\d+)?)"),
    _p("jq", r"jq", b"JQ_COLORS", rb"\0(?:jq-)?(1\.\d+(?:\.\d+)?)\0"),
    _p("keepalived", r"keepalived", b"Keepalived v", rb"Keepalived v" + _N),
    _p("knot", r"knotd", b"Knot DNS ", rb"\0Knot DNS " + _N),
    _p("lighttpd", r"lighttpd", b"lighttpd/", rb"\0lighttpd/" + _N),
    _p("lua", r"lua(?:\d\.?\d)?", b"$LuaVersion: ", rb"\$LuaVersion: Lua " + _N),
    _p("luajit", r"luajit(?:-[\w.]+)?", b"LuaJIT ", rb"LuaJIT (\d+\.\d+\.\d+[-\w]*)"),
    _p("mariadb", r"mariadbd?|mysqld?", b"-MariaDB", rb"\0" + _N + rb"-MariaDB"),
    _p("memcached", r"memcached", b"memcached ", rb"\0memcached " + _N),
    _p("monit", r"monit", b"mmonit.com", rb">monit " + _N),
    _p("mosquitto", r"mosquitto", b"mosquitto version", rb"\0([12]\.\d+\.\d+)\0"),
    _p("mysql", r"mysqld?", b"MySQL Community Server", rb"\0([5-9]\.\d\.\d{1,2})\0"),
    _p(
        "nginx",
        r"nginx",
        b"nginx version: ",
        rb"nginx version: (?:nginx|openresty|freenginx|angie|tengine)/" + _N,
    ),
    _p("node", r"node(?:js)?", b"node.js/v", rb"node\.js/v" + _N),
    _p("nsd", r"nsd", b"NSD ", rb"\0NSD " + _N),
    _p("openssh", r"sshd?(?:-session)?", b"OpenSSH_", rb"OpenSSH_(\d+\.\d+(?:p\d+))"),
    _p(
        "openssl",
        r"openssl|libcrypto\.so(?:\.[\d.]+)?",
        b"OpenSSL ",
        rb"\0OpenSSL (\d+\.\d+\.\d+[a-z]*(?:-fips)?) +\d+ \w{3} \d{4}",
    ),
    _p("openvpn", r"openvpn", b"OpenVPN ", rb"\0OpenVPN " + _N + rb" \w+-"),
    _p(
        "perl",
        r"perl(?:5[\d.]+)?|libperl\.so(?:\.[\d.]+)?",
        b"PERL5LIB",
        rb"(5\.(?:(?<=\x005\.)|(?<=\x00v5\.))\d+\.\d+)\0",
    ),
    _p("pgbouncer", r"pgbouncer", b"PgBouncer ", rb"PgBouncer " + _N),
    _p(
        "php",
        r"php(?:\d[\d.]*)?|php-fpm[\d.]*|php-cgi[\d.]*|libphp\d*\.so",
        b"X-Powered-By: PHP/",
        rb"X-Powered-By: PHP/" + _N,
    ),
    _p("postfix", r"master|postconf", b"mail_version=", rb"\0mail_version=" + _N),
    _p("postgresql", r"postgres|psql|pg_dump|pg_ctl", b"PostgreSQL)", rb"\(PostgreSQL\) (\d+(?:\.\d+)*)"),
    _p("powerdns", r"pdns_server", b"PowerDNS", rb"\0(\d\.\d\.\d+)(?:-[\w.]+)?\0"),
    _p("proftpd", r"(?:in\.)?proftpd", b"ProFTPD Version ", rb"ProFTPD Version (\d+\.\d+\.\d+\w*)"),
    _p("prometheus", r"prometheus|promtool", b"github.com/prometheus/prometheus", _LINKED),
    _p(
        "python",
        r"python(?:\d(?:\.\d+)?[a-z]?)?|libpython\d\.\d+[a-z]*\.so(?:\.1\.0)?",
        b"PYTHONHOME",
        rb"(2\.7\.(?<![\d.]2\.7\.)\d+(?:(?:a|b|rc)\d+)?)\+?\0",
        rb"(3\.(?<![\d.]3\.)(?:[4-9]|\d\d)\.\d+(?:(?:a|b|rc)\d+)?)\+?\0",
    ),
    _p("redis", r"redis-(?:server|cli|benchmark|check-\w+|sentinel)", b"redis", _REDIS),
    _p("rsync", r"rsync", b"rsync", rb"\0([34]\.\d+\.\d+)(?:pre\d+|dev)?\0"),
    _p(
        "ruby",
        r"ruby(?:\d[\d.]*)?",
        b"RUBYOPT",
        rb"ruby " + _THREE + rb"(?:p\d+|preview\d+|rc\d+|dev)? \(\d{4}-",
    ),
    _p("runc", r"runc", b"github.com/opencontainers/runc", _LINKED),
    _p("socat", r"socat1?", b"socat by ", rb"\0" + _N + rb"\0"),
    _p("sqlite", r"sqlite3|libsqlite3\.so(?:\.[\d.]+)?", b"THREADSAFE=", rb"\0(3\.\d+\.\d+)\0"),
    _p("squid", r"squid", b"squid/", rb"\0squid/" + _N),
    _p("stunnel", r"stunnel\d?", b"stunnel ", rb"\0stunnel " + _N),
    _p("sudo", r"sudo", b"SUDO_", rb"\0(1\.[89]\.\d+(?:p\d+)?)\0"),
    _p("tcpdump", r"tcpdump", b"tcpdump", rb"version " + _N + rb"\n"),
    _p("tini", r"tini(?:-static)?", b"tini version ", rb"tini version " + _N),
    _p("tor", r"tor", b"on Tor ", rb"\0tor " + _N),
    _p("traefik", r"traefik", b"github.com/traefik/traefik", _LINKED),
    _p("transmission", r"transmission-\w+", b"Transmission ", rb"\0Transmission " + _N),
    _p("unbound", r"unbound", b"unbound ", rb"\0unbound " + _N),
    _p("valkey", r"valkey-(?:server|cli|benchmark|check-\w+|sentinel)", b"valkey", _REDIS),
    _p("varnish", r"varnishd", b"varnish-", rb"\0\(?varnish-" + _N),
    _p("vsftpd", r"vsftpd", b"vsftpd: version ", rb"vsftpd: version " + _N),
    _p("wget", r"wget", b"wget", rb"\0(1\.\d\d(?:\.\d+)?)\0"),
    _p("zsh", r"zsh(?:-?[\d.]+)?", b"ZSH_VERSION", _ALONE),
)
