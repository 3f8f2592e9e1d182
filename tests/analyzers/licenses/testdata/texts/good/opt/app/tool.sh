# This file is part of a tool.
#
# Licensed under the Apache License,
# Version 2.0 (the License).

true
