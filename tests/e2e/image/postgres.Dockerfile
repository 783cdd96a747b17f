# Debian's PostgreSQL 15 in place of the official image, where no registry can be reached. Only for run.sh.
ARG BASE
FROM ${BASE}
# hadolint ignore=DL3008
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-15 && rm -rf /var/lib/apt/lists/* && mkdir -p /var/lib/postgresql/data && chown postgres /var/lib/postgresql/data /run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY postgres.sh /usr/local/bin/
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres.sh"]
