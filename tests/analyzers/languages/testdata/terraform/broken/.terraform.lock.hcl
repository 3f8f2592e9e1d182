provider "registry.terraform.io/hashicorp/aws" {
  version = "1.0.0"
