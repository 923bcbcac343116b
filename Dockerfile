# The command pickapic as a small image: it runs as an ordinary user on a read-only root file system and writes to /data only.
#   docker build -t pickapic .
#   docker run --read-only --tmpfs /tmp -p 3000:3000 -v pickapic:/data pickapic

# Only the files that decide what npm installs. The next stage copies them by their contents, so that a changed source does not install everything again.
FROM node:24-bookworm-slim AS manifests
WORKDIR /clone
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete \
 && find . -type d -empty -delete

FROM node:24-bookworm-slim AS build
WORKDIR /clone
COPY --from=manifests /clone .
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run pack -- --here
# "./" is needed: npm takes a path of the form "folder/file" for a repository of GitHub.
RUN mkdir /app \
 && npm install --prefix /app --no-audit --no-fund --ignore-scripts \
      ./dist-pack/pickapic-[0-9]*.tgz ./dist-pack/pickapic-onnxruntime-*.tgz ./dist-pack/pickapic-postgres-*.tgz

# Of Node only the program: npm and the headers of the Node image, 90 MB, are not needed here.
FROM debian:bookworm-slim
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app /app
# HOME is for the compiled code of Node; where it cannot be written, Node goes on without.
ENV HOME=/tmp \
    PATH=/app/node_modules/.bin:$PATH \
    PICKAPIC_DATA=/data \
    PICKAPIC_HOST=0.0.0.0 \
    PICKAPIC_PORT=3000
# PostgreSQL prepares a database only for a user who has a name.
RUN useradd --uid 1000 --user-group --home-dir /tmp --no-create-home pickapic \
 && install -d -o 1000 -g 1000 /data
VOLUME /data
# The user by number, so that orchestrators see that it is not root.
USER 1000
WORKDIR /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://localhost:${process.env.PICKAPIC_PORT}/api/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["pickapic"]
CMD ["serve", "--no-open"]
