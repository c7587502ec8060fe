# SPDX-License-Identifier: BSL-1.0
# docker build -t windtunnel .
# docker run --rm -v "$PWD:/data" windtunnel run scenarios/shop.json
# Two stages: the packages are built as tools/package builds them, and the image has what the package
# of the program needs and nothing else. Scenarios that ship are in /usr/share/windtunnel.
FROM debian:12 AS build
WORKDIR /windtunnel
COPY . .
RUN apt-get update && tools/package

FROM debian:12-slim
RUN --mount=type=bind,from=build,source=/windtunnel/build/packages,target=/packages \
    apt-get update \
    && apt-get install -y --no-install-recommends /packages/windtunnel_*.deb \
    && rm -rf /var/lib/apt/lists/* \
    && windtunnel --version
WORKDIR /data
ENTRYPOINT ["windtunnel"]
CMD ["--help"]
