"""Checks of Amazon EC2: machines, their volumes and images.

Guidance: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-security.html
"""

from analyzers.checks.cloud.credentials import no_credentials
from analyzers.checks.cloud.model import Subject
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    LOW,
    Service,
    among,
    both,
    has,
    not_among,
    off,
    on,
    present,
)

_EC2 = Service("aws", "ec2")
_INSTANCE, _TEMPLATE, _CONFIGURATION = "aws_instance", "aws_launch_template", "aws_launch_configuration"
_NO_TOKENS = "the metadata service answers without a session token"


_credentials = no_credentials("the user data have a credential", "user_data", "user_data_base64")
_tokens = among("metadata_options.http_tokens", ("required",), _NO_TOKENS, default="optional")


def _answers(subject: Subject) -> bool:
    # Unknown, it may answer: what else is said of tokens decides.
    return subject.resource.get("metadata_options.http_endpoint") != "disabled"


_devices = both(
    on("root_block_device.encrypted", "the root volume is not encrypted"),
    lambda subject: (
        on("ebs_block_device.encrypted", "an attached volume is not encrypted")(subject)
        if subject.resource.get("ebs_block_device") is not None
        else ()
    ),
)

CHECKS = (
    _EC2.check(
        "AWS-0008",
        HIGH,
        _CONFIGURATION,
        title="Launch configuration has unencrypted volumes",
        why="Disks and their snapshots can be read by whoever gets hold of them.",
        mend="Set encrypted for the root volume and all attached ones.",
        judge=_devices,
    ),
    _EC2.check(
        "AWS-0009",
        HIGH,
        _CONFIGURATION,
        title="Machine has a public address",
        why="A public address makes every open port reachable for the whole internet.",
        mend="Set associate_public_ip_address to false; publish services through a load balancer.",
        judge=off("associate_public_ip_address", "it gets a public address"),
    ),
    _EC2.check(
        "AWS-0026",
        HIGH,
        "aws_ebs_volume",
        title="EBS volume is not encrypted",
        why="The volume and its snapshots can be read by whoever gets hold of them.",
        mend="Set encrypted for the volume.",
        judge=on("encrypted", "the volume is not encrypted"),
    ),
    _EC2.check(
        "AWS-0027",
        LOW,
        "aws_ebs_volume",
        title="EBS volume is not encrypted with a customer managed key",
        why="Use of the provider's key can neither be restricted nor withdrawn.",
        mend="Name a KMS key of your own for the volume.",
        judge=present("kms_key_id", "the volume names no key"),
    ),
    _EC2.check(
        "AWS-0028",
        HIGH,
        _INSTANCE,
        title="Instance metadata need no session token",
        why="A server that can be made to fetch addresses gives its role's credentials away.",
        mend='Set metadata_options.http_tokens to "required".',
        judge=_tokens,
        only=_answers,
    ),
    _EC2.check(
        "AWS-0029",
        CRITICAL,
        _INSTANCE,
        title="User data of an instance have credentials",
        why="User data are shown to every process on the machine and to everybody who may describe it.",
        mend="Give the instance a role, and fetch secrets with it.",
        judge=_credentials,
    ),
    _EC2.check(
        "AWS-0122",
        HIGH,
        _CONFIGURATION,
        title="User data of a launch configuration have credentials",
        why="User data are shown to every process there and to everybody who may read the configuration.",
        mend="Give the instances a role, and fetch secrets with it.",
        judge=_credentials,
    ),
    _EC2.check(
        "AWS-0129",
        CRITICAL,
        _TEMPLATE,
        title="User data of a launch template have credentials",
        why="User data are shown to every process there and to everybody who may read the template.",
        mend="Give the instances a role, and fetch secrets with it.",
        judge=_credentials,
    ),
    _EC2.check(
        "AWS-0130",
        HIGH,
        _TEMPLATE,
        _CONFIGURATION,
        title="Metadata of launched instances need no session token",
        why="A server that can be made to fetch addresses gives its role's credentials away.",
        mend='Set metadata_options.http_tokens to "required".',
        judge=_tokens,
        only=_answers,
    ),
    _EC2.check(
        "AWS-0131",
        HIGH,
        _INSTANCE,
        title="Instance has unencrypted volumes",
        why="Disks and their snapshots can be read by whoever gets hold of them.",
        mend="Set encrypted for the root volume and all attached ones.",
        judge=_devices,
    ),
    _EC2.check(
        "CB-A001",
        HIGH,
        "aws_ami_launch_permission",
        title="Machine image is shared with everybody",
        why="Everybody can start the image and look through its files for secrets.",
        mend="Share the image with named accounts only.",
        judge=not_among("group", ("all",), "everybody may start the image"),
        only=has("group"),
        link="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html",
    ),
)
