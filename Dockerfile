# Builds Tarn and leaves it with nothing but what it needs to run.
#   docker build -t tarn .
#   docker run --rm -v "$PWD/lakehouse:/data" tarn init
#   docker run --rm --network host -v "$PWD/lakehouse:/data" tarn
# Without authentication the server answers on loopback only, so it needs the host's network: docs/security.md.
FROM swift:6.3-bookworm AS build
WORKDIR /src
# The set-up changes rarely: with only its files copied, this layer stays cached.
COPY scripts/setup scripts/fetch-pins scripts/pins.txt scripts/
RUN apt-get update -qq && apt-get install -y -qq python3 python3-pip && scripts/setup
COPY Package.swift Package.resolved* ./
COPY Sources Sources
COPY Tests Tests
RUN PKG_CONFIG_PATH=/src/.deps/pkgconfig \
    swift build -c release --product tarn --static-swift-stdlib \
    && install -D -s .build/release/tarn /out/tarn \
    && install -D "$(readlink -f .deps/duckdb/lib/libduckdb.so)" /out/libduckdb.so

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libstdc++6 libsqlite3-0 liblmdb0 libpq5 ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 tarn \
    && install -d -o tarn -g tarn /data
# The executable looks for libduckdb.so beside itself.
COPY --from=build /out/ /opt/tarn/
RUN ln -s /opt/tarn/tarn /usr/local/bin/tarn
USER tarn
ENV TARN_HOME=/data
VOLUME /data
ENTRYPOINT ["tarn"]
CMD ["serve", "--host", "127.0.0.1", "--port", "8080"]
