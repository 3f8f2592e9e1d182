"""Groups of well-known artifacts whose archives carry no Maven descriptor.

Their builds use Gradle, sbt or Ant, which put none in. Each name stands in https://central.sonatype.com below
one group only, or below the given one in all releases that matter.
"""

from collections.abc import Iterator

_GROUPS = {
    "com.google.code.findbugs": "jsr305",
    "com.google.code.gson": "gson",
    "com.google.crypto.tink": "tink",
    "com.h2database": "h2",
    "com.oracle.database.jdbc": "ojdbc8 ojdbc10 ojdbc11",
    "com.squareup.okhttp3": "okhttp",
    "com.squareup.okio": "okio okio-jvm",
    "commons-beanutils": "commons-beanutils",
    "commons-collections": "commons-collections",
    "commons-fileupload": "commons-fileupload",
    "commons-httpclient": "commons-httpclient",
    "commons-io": "commons-io",
    "commons-lang": "commons-lang",
    "commons-logging": "commons-logging",
    "commons-net": "commons-net",
    "io.projectreactor": "reactor-core",
    "io.projectreactor.netty": "reactor-netty-core reactor-netty-http",
    "log4j": "log4j",
    "mysql": "mysql-connector-java",
    "com.mysql": "mysql-connector-j",
    "oro": "oro",
    "org.apache.ant": "ant ant-antlr ant-junit ant-launcher",
    "org.apache.derby": "derby derbyclient derbynet derbyshared derbytools",
    "org.apache.hadoop": "hadoop-client-api hadoop-client-runtime",
    "org.apache.ivy": "ivy",
    "org.apache.kafka": (
        "connect-api connect-json connect-runtime connect-transforms kafka-clients kafka-streams"
        " kafka_2.10 kafka_2.11 kafka_2.12 kafka_2.13"
    ),
    "org.apache.lucene": (
        "lucene-analyzers-common lucene-analysis-common lucene-core lucene-highlighter lucene-queries"
        " lucene-queryparser lucene-replicator lucene-sandbox lucene-suggest"
    ),
    "org.apache.poi": (
        "poi poi-excelant poi-ooxml poi-ooxml-full poi-ooxml-lite poi-ooxml-schemas poi-scratchpad"
    ),
    "org.apache.solr": "solr-core solr-solrj",
    "org.apache.thrift": "libfb303 libthrift",
    "org.apache.tomcat.embed": (
        "tomcat-embed-core tomcat-embed-el tomcat-embed-jasper tomcat-embed-websocket"
    ),
    "org.apache.xmlbeans": "xmlbeans",
    "org.apache.zookeeper": "zookeeper",
    "org.bouncycastle": " ".join(
        f"{name}-{jdk}"
        for name in ("bcmail", "bcpg", "bcpkix", "bcprov", "bcprov-ext", "bctls", "bcutil")
        for jdk in ("jdk14", "jdk15", "jdk15+", "jdk15on", "jdk15to18", "jdk16", "jdk18on")
    ),
    "org.codehaus.jackson": "jackson-core-asl jackson-jaxrs jackson-mapper-asl jackson-xc",
    "org.ehcache": "ehcache",
    "org.elasticsearch": "elasticsearch elasticsearch-core elasticsearch-x-content",
    "org.elasticsearch.client": "elasticsearch-rest-client elasticsearch-rest-high-level-client",
    "org.hsqldb": "hsqldb",
    "org.jetbrains.kotlin": (
        "kotlin-reflect kotlin-stdlib kotlin-stdlib-common kotlin-stdlib-jdk7 kotlin-stdlib-jdk8"
    ),
    "org.mozilla": "rhino",
    "org.opensearch": "opensearch opensearch-core",
    "org.postgresql": "postgresql",
    "org.roaringbitmap": "RoaringBitmap",
    "org.rocksdb": "rocksdbjni",
    "org.scala-lang": "scala-compiler scala-library scala-reflect scala3-library_3",
    "org.springframework": (
        "spring-aop spring-aspects spring-beans spring-context spring-context-support spring-core"
        " spring-expression spring-jcl spring-jdbc spring-jms spring-messaging spring-orm spring-oxm"
        " spring-r2dbc spring-test spring-tx spring-web spring-webflux spring-webmvc spring-websocket"
    ),
    "org.springframework.amqp": "spring-amqp spring-rabbit",
    "org.springframework.boot": (
        "spring-boot spring-boot-actuator spring-boot-actuator-autoconfigure spring-boot-autoconfigure"
        " spring-boot-devtools spring-boot-jarmode-layertools spring-boot-loader spring-boot-starter-web"
    ),
    "org.springframework.integration": "spring-integration-core spring-integration-zip",
    "org.springframework.kafka": "spring-kafka",
    "org.springframework.ldap": "spring-ldap-core",
    "org.springframework.security": (
        "spring-security-acl spring-security-cas spring-security-config spring-security-core"
        " spring-security-crypto spring-security-ldap spring-security-messaging"
        " spring-security-oauth2-client spring-security-oauth2-core spring-security-oauth2-jose"
        " spring-security-oauth2-resource-server spring-security-saml2-service-provider"
        " spring-security-taglibs spring-security-web"
    ),
    "org.springframework.session": "spring-session-core spring-session-data-redis spring-session-jdbc",
    "org.tukaani": "xz",
    "xalan": "serializer xalan",
    "xerces": "xercesImpl",
    "xml-apis": "xml-apis",
}
_RENAMED = {"apache-cassandra": ("org.apache.cassandra", "cassandra-all")}
_TOMCAT = {
    "annotations-api": "tomcat-annotations-api",
    "catalina": "tomcat-catalina",
    "catalina-ant": "tomcat-catalina-ant",
    "catalina-ha": "tomcat-catalina-ha",
    "catalina-storeconfig": "tomcat-storeconfig",
    "catalina-tribes": "tomcat-tribes",
    "el-api": "tomcat-el-api",
    "jasper": "tomcat-jasper",
    "jasper-el": "tomcat-jasper-el",
    "jsp-api": "tomcat-jsp-api",
    "servlet-api": "tomcat-servlet-api",
    "websocket-api": "tomcat-websocket-api",
}
_TOMCAT_TITLE = "Apache Tomcat"


def _artifacts() -> Iterator[tuple[str, tuple[str, str]]]:
    for group, names in _GROUPS.items():
        for name in names.split():
            yield name, (group, name)


_KNOWN = dict(_artifacts()) | _RENAMED


def group_of(artifact: str, title: str = "") -> tuple[str, str] | None:
    """Return group and artifact of an archive with this name and title, None when it is not known.

    Tomcat's own distribution calls its archives otherwise than Maven's repositories do.
    """
    if title == _TOMCAT_TITLE and (artifact in _TOMCAT or artifact.startswith("tomcat-")):
        return "org.apache.tomcat", _TOMCAT.get(artifact, artifact)
    return _KNOWN.get(artifact)
