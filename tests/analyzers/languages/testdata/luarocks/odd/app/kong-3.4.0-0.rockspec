local PACKAGE_VERSION = "3.4.0-0"
package = 'kong'; -- the gateway
version = PACKAGE_VERSION
--[[ dependencies = { "none" } ]]
dependencies = { 'inspect == 3.1.3', "lua-resty-http", }
description = { license = [[Apache 2.0]] }
