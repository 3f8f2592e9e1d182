// without a version
provider "example.com/acme/tool" {
}
