"""Checks of what AWS serves to the world: load balancers, CloudFront, API Gateway.

Guidance: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html
"""

from collections.abc import Iterator
from dataclasses import replace

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Resource, Subject, Unknown, truth
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Service,
    among,
    cause,
    has,
    not_among,
    on,
    present,
    when,
)

_ELB, _CDN, _API = Service("aws", "elb"), Service("aws", "cloudfront"), Service("aws", "apigateway")
_BALANCERS = ("aws_lb", "aws_alb", "aws_elb")
_LISTENERS = ("aws_lb_listener", "aws_alb_listener")
_OLD_POLICIES = (
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-TLS-1-0-2015-04",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-FS-1-1-2019-08",
    "ELBSecurityPolicy-TLS13-1-0-2021-06",
    "ELBSecurityPolicy-TLS13-1-1-2021-06",
)
_STAGES = ("aws_api_gateway_stage", "aws_apigatewayv2_stage")
_PLAIN = "Who is on the way can read and change what is sent, passwords included."
_OLD_TLS = "Old versions of TLS have known flaws."
_LOGS = "Without logs nobody can tell later who asked for what."


def _is_internal(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("internal"))
    if subject.knows("internal") and truth(place.value) is not True:
        yield cause("the load balancer is reachable from the internet", place.lines)


_is_application = when("load_balancer_type", "application", default="application")
_has_addresses = when("load_balancer_type", "application", "network", default="application")


def _plain_http(subject: Subject) -> Iterator[Cause]:
    resource = subject.resource
    place = next(resource.places("protocol"))
    if not subject.knows("protocol") or str(place.value).upper() != "HTTP":
        return
    for action in resource.attributes.blocks("default_action"):
        kind = action.get("type")
        redirects = [each.get("protocol") for each in action.blocks("redirect")]
        if isinstance(kind, Unknown) or any(isinstance(each, Unknown) for each in redirects):
            subject.doubt("default_action")
            return
        # "#{protocol}", the protocol of the request, is what stands there by default.
        if kind in (None, "redirect") and "HTTPS" in redirects:
            return
    yield cause("the listener speaks plain HTTP", place.lines)


_uses_https = when("protocol", "https", "tls")


def _of_viewers(subject: Subject) -> Iterator[Cause]:
    for path in ("default_cache_behavior", "ordered_cache_behavior"):
        if subject.resource.get(path) is not None:
            yield from not_among(
                f"{path}.viewer_protocol_policy", ("allow-all",), "plain HTTP is allowed", default="allow-all"
            )(subject)


def _plain_cache(subject: Subject) -> Iterator[Cause]:
    name = "settings" if subject.resource.kind == "aws_api_gateway_method_settings" else "method_settings"
    subject.knows(name)
    for settings in subject.resource.attributes.blocks(name):
        is_cached = settings.get("caching_enabled")
        if isinstance(is_cached, Unknown):
            subject.doubt(f"{name}.caching_enabled")
        elif truth(is_cached):
            part = Resource(kind="", name="", file=subject.resource.file, attributes=settings)
            yield from on("cache_data_encrypted", "answers are kept unencrypted")(
                replace(subject, resource=part)
            )


def _open_method(subject: Subject) -> Iterator[Cause]:
    resource = subject.resource
    # Browsers ask by OPTIONS what is allowed, without any credentials.
    if (
        str(resource.get("http_method")).upper() == "OPTIONS"
        or truth(resource.get("api_key_required")) is True
    ):
        return
    found = [*not_among("authorization", ("none",), "everybody may call the method", default="NONE")(subject)]
    if found and subject.knows("http_method") and subject.knows("api_key_required"):
        yield from found


def _has_own_certificate(subject: Subject) -> bool:
    path = "viewer_certificate.cloudfront_default_certificate"
    return subject.knows(path) and truth(subject.resource.get(path)) is not True


CHECKS = (
    _ELB.check(
        "AWS-0047",
        CRITICAL,
        *_LISTENERS,
        title="Load balancer accepts old versions of TLS",
        why=_OLD_TLS,
        mend="Choose a policy of TLS 1.2 or newer in ssl_policy.",
        judge=not_among(
            "ssl_policy", _OLD_POLICIES, "old versions of TLS are accepted", default=_OLD_POLICIES[1]
        ),
        only=_uses_https,
    ),
    _ELB.check(
        "AWS-0052",
        HIGH,
        "aws_lb",
        "aws_alb",
        title="Load balancer passes broken headers on",
        why="Headers that servers read differently let requests be smuggled.",
        mend="Set drop_invalid_header_fields.",
        judge=on("drop_invalid_header_fields", "invalid headers are passed on"),
        only=_is_application,
    ),
    _ELB.check(
        "AWS-0053",
        HIGH,
        *_BALANCERS,
        title="Load balancer is public",
        why="What is behind it is reachable from the whole internet; that should be meant.",
        mend="Set internal, or say that it is meant to be public by ignoring the check there.",
        judge=_is_internal,
        only=_has_addresses,
    ),
    _ELB.check(
        "AWS-0054",
        CRITICAL,
        *_LISTENERS,
        title="Load balancer speaks plain HTTP",
        why=_PLAIN,
        mend="Listen with HTTPS, and redirect HTTP to it.",
        judge=_plain_http,
    ),
    _CDN.check(
        "AWS-0010",
        MEDIUM,
        "aws_cloudfront_distribution",
        title="CloudFront keeps no log",
        why=_LOGS,
        mend="Name a bucket in logging_config.",
        judge=present("logging_config.bucket", "requests are not logged"),
    ),
    _CDN.check(
        "AWS-0011",
        HIGH,
        "aws_cloudfront_distribution",
        title="CloudFront has no firewall in front",
        why="Attacks on web applications that are widely known reach the application.",
        mend="Name a web ACL in web_acl_id.",
        judge=present("web_acl_id", "no web ACL is named"),
    ),
    _CDN.check(
        "AWS-0012",
        CRITICAL,
        "aws_cloudfront_distribution",
        title="CloudFront speaks plain HTTP",
        why=_PLAIN,
        mend='Set viewer_protocol_policy to "redirect-to-https" or "https-only".',
        judge=_of_viewers,
    ),
    _CDN.check(
        "AWS-0013",
        HIGH,
        "aws_cloudfront_distribution",
        title="CloudFront accepts old versions of TLS",
        why=_OLD_TLS,
        mend='Set viewer_certificate.minimum_protocol_version to "TLSv1.2_2021".',
        judge=among(
            "viewer_certificate.minimum_protocol_version",
            ("TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"),
            "versions of TLS before 1.2 are accepted",
            default="TLSv1",
        ),
        only=_has_own_certificate,
    ),
    _API.check(
        "AWS-0002",
        MEDIUM,
        "aws_api_gateway_method_settings",
        "aws_api_gateway_stage",
        title="Cache of an API is not encrypted",
        why="Answers that are kept can be read by whoever gets at the storage.",
        mend="Set cache_data_encrypted beside caching_enabled.",
        judge=_plain_cache,
        only=has("settings|method_settings"),
    ),
    _API.check(
        "AWS-0190",
        LOW,
        "aws_api_gateway_method_settings",
        title="Answers of an API are not cached",
        why="Every request reaches what is behind, which is sooner overwhelmed.",
        mend="Set caching_enabled, and cache_data_encrypted.",
        judge=on("settings.caching_enabled", "answers are not cached"),
    ),
    _API.check(
        "AWS-0004",
        LOW,
        "aws_api_gateway_method",
        title="Method of an API asks for no authorization",
        why="Everybody who reaches the API may call it.",
        mend="Set authorization, or api_key_required.",
        judge=_open_method,
    ),
    _API.check(
        "AWS-0001",
        MEDIUM,
        *_STAGES,
        title="API stage keeps no log",
        why=_LOGS,
        mend="Name a log group in access_log_settings.",
        judge=present("access_log_settings.destination_arn", "requests are not logged"),
    ),
    _API.check(
        "AWS-0003",
        LOW,
        "aws_api_gateway_stage",
        title="API stage is not traced",
        why="Without traces a request cannot be followed through the services behind.",
        mend="Set xray_tracing_enabled.",
        judge=on("xray_tracing_enabled", "requests are not traced"),
    ),
    _API.check(
        "AWS-0005",
        HIGH,
        "aws_api_gateway_domain_name",
        title="API accepts old versions of TLS",
        why=_OLD_TLS,
        mend='Set security_policy to "TLS_1_2".',
        judge=not_among("security_policy", ("tls_1_0",), "TLS 1.0 is accepted", default="TLS_1_0"),
    ),
)
