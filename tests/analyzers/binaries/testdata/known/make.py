"""Writes this folder's samples: `python tests/analyzers/binaries/testdata/known/make.py`.

The strings were cut out of programs of Debian 12, node out of one of Node.js's own builds. Those of Helm,
MySQL, Traefik, Valkey and a static Ruby follow their source code.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

STRINGS: dict[tuple[str, str, str], bytes] = {
    ("usr/sbin/apache2", "apache-httpd", "2.4.71"): b"to:\x00Apache/2.4.71\x00 Server at ",
    ("bin/bash", "bash", "5.2.15"): b".\x00\x00\x00@(#)Bash version 5.2.15(1) release ",
    ("usr/sbin/named", "bind", "9.18.49"): b"o.2\x00libisc-9.18.49-1~deb12u3-D",
    ("bin/busybox", "busybox", "1.35.0"): b"ory\x00BusyBox v1.35.0 (Debian 1:1",
    ("usr/bin/catatonit", "catatonit", "0.1.7"): b"\x02\x00catatonit\x00E\x00org/\x000.1.7\x00tini version",
    (
        "usr/bin/curl",
        "curl",
        "7.88.1",
    ): b"json\x00curl/7.88.1\x00\x00\x00\x00\x00\x00\x00\x00\xfc\xa9\xf1\xd2",
    ("usr/sbin/dnsmasq", "dnsmasq", "2.90"): b"conf\x00dnsmasq-2.90\x00version.bin",
    ("usr/bin/dbclient", "dropbear", "2022.83"): b"ror\x00SSH-2.0-dropbear_2022.83\r\n\x00/bin/sh\x00!",
    (
        "usr/bin/dumb-init",
        "dumb-init",
        "1.2.5",
    ): b":\x00DUMB_INIT_D\x00\xff\x06\x00\x00\x001.2.5\n\x00.shstrtab\x00.i",
    (
        "usr/lib/erlang/erts-13.1.5/bin/beam.smp",
        "erlang-erts",
        "13.1.5",
    ): b"\x00\x00\x00\x00(BEAM) emulator version 13.1.5\n\x00The undocu",
    ("usr/sbin/exim4", "exim", "4.96"): b"e\x00Exim version %s\x00er>>\x004.96\x00<<eximversio",
    ("usr/bin/ffmpeg", "ffmpeg", "5.1.9"): b"\x00\x00FFmpeg c\x00d.\n\x00%s version 5.1.9-0+deb12u1\x00%",
    ("usr/bin/gawk", "gawk", "5.2.1"): b"\x06\x00\x00\x00GNU Awk 5.2.1\x00unbalanced ",
    (
        "usr/bin/x86_64-linux-gnu-cpp-12",
        "gcc",
        "12.2.0",
    ): b"/\x00GCC_EXEC_PREFIX\x00/\x00zstd\x0012.2.0\x00(Debian 12.2",
    ("usr/bin/git", "git", "2.39.5"): b"i\x00git-upload-pack\x00\x00\x00ENT\x00\x002.39.5\x00versionsort.",
    (
        "usr/bin/gpg",
        "gnupg",
        "2.2.40",
    ): b"d's OpenPGP server 2.2.40 ready\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    (
        "usr/sbin/haproxy",
        "haproxy",
        "2.6.12",
    ): b"H\xb8HAProxy\x00\x89\x00\x00\x00\x00\x00 version 2.6.12-1+deb12u4, released 2026/10/17\x00\x00",
    (
        "usr/lib/x86_64-linux-gnu/libMagickCore-6.Q16.so.6.0.0",
        "imagemagick",
        "6.9.11-60",
    ): b"\x00\x00\x00\x00ImageMagick 6.9.11-60 Q16 x86_64 ",
    (
        "usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so",
        "java",
        "17.0.21.1+2",
    ): b"md64 JRE (17.0.21.1+2-1-deb12u1-D",
    ("usr/sbin/keepalived", "keepalived", "2.2.7"): b"\x00\x00\x00\x00Keepalived v2.2.7 (01/16,2022",
    ("usr/sbin/knotd", "knot", "3.2.6"): b", %s\x00Knot DNS 3.2.6\x00ZONE=%.*s.\x00",
    ("usr/sbin/lighttpd", "lighttpd", "1.4.69"): b"ort\n\x00lighttpd/1.4.69\x00server\x00\x00\x00Ar",
    ("usr/bin/lua5.4", "lua", "5.4.4"): b"\x00\x00\x00\x00$LuaVersion: Lua 5.4.4  Copyright ",
    ("usr/bin/luajit", "luajit", "2.1.0-beta3"): b"s.\n\x00LuaJIT 2.1.0-beta3 -- Copyrigh",
    ("usr/bin/mariadb", "mariadb", "10.11.19"): b"-gnu\x0010.11.19-MariaDB\x00x86_64\x00sele",
    ("usr/bin/memcached", "memcached", "1.6.18"): b"sten\x00memcached 1.6.18\x00udp-port\x00me",
    ("usr/bin/monit", "monit", "5.33.0"): b"//mmonit.com/'\x00it/'>monit 5.33.0</a></center",
    (
        "usr/sbin/mosquitto",
        "mosquitto",
        "2.0.11",
    ): b"1\x00mosquitto version %\x00ing.\x002.0.11\x00mosquitto ve",
    ("usr/sbin/nginx", "nginx", "1.22.1"): b'%c"\x00nginx version: nginx/1.22.1\n\x00OpenSSL 3.',
    ("usr/local/bin/node", "node", "20.20.2"): b"son\x00node.js/v20.20.2\x00(delegate_)",
    ("usr/sbin/nsd", "nsd", "4.6.1"): b"stap\x00NSD 4.6.1\x00closing dns",
    ("usr/bin/ssh", "openssh", "9.2p1"): b"\x00\x00\x00\x00OpenSSH_9.2p1 Debian-2+de",
    ("usr/bin/openssl", "openssl", "3.0.22"): b"\xffN/A\x00OpenSSL 3.0.22 25 Aug 2026\x00%s (Library",
    ("usr/sbin/openvpn", "openvpn", "2.6.14"): b"\x00\x00\x00\x00\x00OpenVPN 2.6.14 x86_64-pc-linux-gnu",
    ("usr/bin/perl", "perl", "5.36.0"): b"W\x00PERL5LIB\x00P\x00SEED\x00v5.36.0\x00panic: sysco",
    ("usr/sbin/pgbouncer", "pgbouncer", "1.18.0"): b"tal\x00PgBouncer 1.18.0\x00pool_mode\x00c",
    ("usr/bin/php8.2", "php", "8.2.36"): b",%s\x00X-Powered-By: PHP/8.2.36\x00ZEND_MM_MAX",
    ("usr/lib/postfix/sbin/master", "postfix", "3.7.11"): b"list\x00mail_version=3.7.11\x00MAIL_VERBOS",
    ("usr/lib/postgresql/15/bin/pg_ctl", "postgresql", "15.20"): b"res (PostgreSQL) 15.20 (Debian 15.",
    (
        "usr/sbin/pdns_server",
        "powerdns",
        "4.7.3",
    ): b"\x00\x00PowerDNS v\x00\x00+\x00~\x004.7.3-2.Debian\x00' on '\x00\x00\x00\x00\x00\x00",
    ("usr/sbin/proftpd", "proftpd", "1.3.8"): b"X46\x00ProFTPD Version 1.3.8\x00LANG\x001.3.8 ",
    ("usr/bin/python3.11", "python", "3.11.2"): b"V_PYTHONHOME\x00E\x00bug\x003.11.2\x00strict\x00<pref",
    (
        "usr/bin/redis-check-rdb",
        "redis",
        "7.0.15",
    ): b"w\x00redisCo\x00\xff\xff\xdfA7.0.151790282056000000000\x00%llx\x00network",
    ("usr/bin/rsync", "rsync", "3.5.0"): b'H\xbarsync: \x00"%s"\x003.5.0\x00copyright\x00ur',
    (
        "usr/bin/socat",
        "socat",
        "1.7.4.4",
    ): b"\x00\x00socat by Ge\x001\x00\x00\x00\x001.7.4.4\x00\x00\x00\x00\x00\x80\x84.A\x00\x00\x00\x00",
    (
        "usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6",
        "sqlite",
        "3.40.1",
    ): b"1\x00THREADSAFE=1\x00\x00\x00\x08\x00\x00\x003.40.1\x00",
    ("usr/sbin/squid", "squid", "5.7"): b"in '\x00squid/5.7\x00;\t \x00HTTP/\x00r",
    ("usr/bin/stunnel4", "stunnel", "5.68"): b"\x00\x00\x00\x00\x00stunnel 5.68 on x86_64-p",
    ("usr/bin/sudo", "sudo", "1.9.13p3"): b"=\x00SUDO_IN\x00 %s\n\x001.9.13p3\x00Configure op",
    ("usr/bin/tcpdump", "tcpdump", "4.99.3"): b"'\x00tcpdump\x00w\x00\x00%s version 4.99.3\n\x00SMI-library",
    ("usr/bin/tini", "tini", "0.19.0"): b")] \x00tini version 0.19.0\x00%s (%s)\n\x00Co",
    ("usr/bin/tor", "tor", "0.4.9.11"): b" (on Tor 0.\x00erFD\x00tor 0.4.9.11\x00\x00\x00INTERNAL ",
    (
        "usr/bin/transmission-daemon",
        "transmission",
        "3.00",
    ): b"\x00\x00\x00\x00\x00Transmission 3.00 (bb6b5a062e",
    ("usr/sbin/unbound", "unbound", "1.17.1"): b"DY=1\x00unbound 1.17.1\x00start of se",
    ("usr/sbin/varnishd", "varnish", "7.1.1"): b"\x00\x00\x00\x00\x00varnish-7.1.1 revision 7c",
    ("usr/sbin/vsftpd", "vsftpd", "3.0.3"): b"[0]\x00vsftpd: version 3.0.3\n\x00unrecognis",
    (
        "usr/bin/wget",
        "wget",
        "1.21.3",
    ): b"\x00-wget@\x00\x00Wall\x001.21.3\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    ("bin/zsh", "zsh", "5.9"): b"O\x00ZSH_VERSION\x00d\x006_64\x005.9\x00zsh %s (%s-%",
    ("bin/gzip", "gzip", "1.12"): b"GZIP e\x00ing\n\x001.12\x00\x00\x00\x08\xb7\xff\xff\x08\xb7",
    ("usr/bin/jq", "jq", "1.6"): b"JQ_COLORS\x00F\x00 %s\n\x001.6\x00DEBUG:\x00\x1e",
    ("usr/bin/caddy", "caddy", "2.6.2"): b"github.com/caddyserver/caddy/v2\x002.6.2\x00",
    (
        "usr/bin/containerd",
        "containerd",
        "1.6.20",
    ): b"github.com/containerd/containerd\x001.6.20~ds1\x00\x001.6.20~ds1-1+deb12u3\x00",
    ("usr/sbin/dockerd", "docker", "20.10.24"): b"github.com/docker/\x0020.10.24+dfsg1\x00",
    ("usr/bin/influxd", "influxdb", "1.6.7"): b"github.com/influxdata/influxdb\x001.6.7~rc0\x00",
    (
        "usr/bin/prometheus",
        "prometheus",
        "2.42.0",
    ): b"github.com/prometheus/prometheus\x002.42.0+ds\x00\x002.42.0+ds-5+deb12u1\x00",
    (
        "usr/sbin/runc",
        "runc",
        "1.1.5",
    ): b"github.com/opencontainers/runc\x001.1.5+ds1\x00\x001.1.5+ds1-1+deb12u1\x00",
    ("usr/local/bin/helm", "helm", "3.14.0-rc.1"): b"helm.sh/helm/v3\x00v3.14.0-rc.1\x00",
    ("traefik", "traefik", "2.10.7"): b"github.com/traefik/traefik/v2\x002.10.7\x00",
    ("usr/sbin/mysqld", "mysql", "8.0.35"): b"\0MySQL Community Server - GPL\x008.0.35\0",
    ("usr/bin/valkey-server", "valkey", "7.2.5"): b"\x00valkey\x007.2.5buildkitsandbox-1718000000000000000\0",
    (
        "opt/ruby/bin/ruby",
        "ruby",
        "3.2.2",
    ): b"RUBYOPT\0ruby 3.2.2 (2023-03-30 revision e51014f9c0) [x86_64-linux]\0",
}
RBCONFIG = b"""\
module RbConfig
  CONFIG = {}
  CONFIG["MAJOR"] = "3"
  CONFIG["MINOR"] = "1"
  CONFIG["TEENY"] = "2"
  CONFIG["PATCHLEVEL"] = "20"
end
"""


def elf(*parts: bytes) -> bytes:
    """Return what begins like a program and has these bytes in it."""
    return b"\x7fELF".ljust(16, b"\0") + b"\0".join(parts) + b"\0"


def sample(path: str) -> bytes:
    """Return the program at the path."""
    return next(elf(strings) for (place, _, _), strings in STRINGS.items() if place == path)


SAMPLES = {
    "good/usr/local/sbin/nginx": sample("usr/sbin/nginx"),
    "good/redis-server": sample("usr/bin/redis-check-rdb"),
    "good/usr/local/lib/ruby/3.1.0/x86_64-linux/rbconfig.rb": RBCONFIG,
    "good/usr/local/lib/erlang/releases/25/OTP_VERSION": b"25.2.3\n",
    "odd/opt/node/node.exe": b"MZ" + sample("usr/local/bin/node"),
    "empty/usr/bin/git": elf(b"something else of that name"),
    "broken/usr/sbin/nginx": elf(b"nginx version: unknown"),
    "broken/usr/local/lib/erlang/releases/25/OTP_VERSION": b"",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
