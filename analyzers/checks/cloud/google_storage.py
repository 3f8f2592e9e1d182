"""Checks of Google Cloud's storage, keys and data sets.

Guidance: https://cloud.google.com/storage/docs/best-practices
"""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Subject, Unknown, may_be_anything, texts
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Service,
    cause,
    not_among,
    on,
    present,
    when,
)

_STORAGE, _KMS, _QUERY, _DNS = (
    Service("google", "storage"),
    Service("google", "kms"),
    Service("google", "bigquery"),
    Service("google", "dns"),
)
_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
_SECONDS = re.compile(r"([0-9]{1,12})(?:\.[0-9]+)?s")
_LONGEST_S = 90 * 24 * 3600


def _public_members(subject: Subject) -> Iterator[Cause]:
    for place in subject.resource.places("member|members|role_entity"):
        if may_be_anything(place.value):
            subject.doubt("members")
        if any(text.split(":")[-1] in _EVERYBODY for text in texts(place.value)):
            yield cause("everybody is a member", place.lines)


def _rarely_rotated(subject: Subject) -> Iterator[Cause]:
    for place in subject.resource.places("rotation_period"):
        match = _SECONDS.fullmatch(place.value) if isinstance(place.value, str) else None
        if isinstance(place.value, Unknown):
            subject.doubt("rotation_period")
        elif place.value in (None, ""):
            yield cause("the key is not rotated", place.lines)
        elif match and int(match[1]) > _LONGEST_S:
            yield cause("the key is rotated less often than every 90 days", place.lines)


_encrypts = when("purpose", "encrypt_decrypt", default="ENCRYPT_DECRYPT")


CHECKS = (
    _STORAGE.check(
        "GCP-0001",
        HIGH,
        "google_storage_bucket_iam_member",
        "google_storage_bucket_iam_binding",
        "google_storage_bucket_acl",
        title="Bucket is public",
        why="Everybody on the internet, or everybody with a Google account, can use the objects.",
        mend="Name the accounts that need the bucket.",
        judge=_public_members,
    ),
    _STORAGE.check(
        "GCP-0002",
        MEDIUM,
        "google_storage_bucket",
        title="Bucket has access lists for single objects",
        why="Whether an object is public cannot be seen at the bucket.",
        mend="Set uniform_bucket_level_access.",
        judge=on("uniform_bucket_level_access", "single objects have access lists of their own"),
    ),
    _STORAGE.check(
        "GCP-0066",
        LOW,
        "google_storage_bucket",
        title="Bucket is not encrypted with a customer managed key",
        why="Use of the provider's key can neither be restricted nor withdrawn.",
        mend="Set encryption.default_kms_key_name.",
        judge=present("encryption.default_kms_key_name", "the bucket names no key"),
    ),
    _STORAGE.check(
        "CB-A201",
        LOW,
        "google_storage_bucket",
        title="Bucket keeps no older versions",
        why="What is overwritten or deleted, by accident or in an attack, is gone.",
        mend="Set versioning.enabled.",
        judge=on("versioning.enabled", "older versions are not kept"),
        link="https://cloud.google.com/storage/docs/object-versioning",
    ),
    _KMS.check(
        "GCP-0065",
        HIGH,
        "google_kms_crypto_key",
        title="Key is rotated rarely",
        why="The longer a key is used, the more it opens when it gets lost.",
        mend='Set rotation_period to "7776000s" (90 days) or less.',
        judge=_rarely_rotated,
        only=_encrypts,
    ),
    _QUERY.check(
        "GCP-0046",
        CRITICAL,
        "google_bigquery_dataset",
        title="Data set is public",
        why="Everybody with a Google account can read the tables.",
        mend="Name the groups that need the data set.",
        judge=not_among(
            "access.special_group", ("allauthenticatedusers",), "everybody may read the data set"
        ),
    ),
    _DNS.check(
        "GCP-0012",
        MEDIUM,
        "google_dns_managed_zone",
        title="Zone is signed with SHA-1",
        why="Signatures with SHA-1 can be forged.",
        mend='Set the algorithm of all keys to "rsasha256" or newer.',
        judge=not_among("dnssec_config.default_key_specs.algorithm", ("rsasha1",), "keys use SHA-1"),
    ),
    _DNS.check(
        "GCP-0013",
        MEDIUM,
        "google_dns_managed_zone",
        title="Zone is not signed",
        why="Answers can be forged on the way.",
        mend='Set dnssec_config.state to "on".',
        judge=on("dnssec_config.state", "DNSSEC is off"),
        only=when("visibility", "public", default="public"),
    ),
)
