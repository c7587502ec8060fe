# SPDX-License-Identifier: BSL-1.0
# cmake -DCMAKE_PREFIX_PATH=... -DREQUEST=... -P find.cmake: what find_package says to a request.
find_package(windtunnel ${REQUEST} REQUIRED)
