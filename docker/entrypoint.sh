#!/bin/sh
# The processes of DESIGN §2, by name: web, gateway, attachments, shard N, worker, beat, migrate; anything else goes to manage.py.
set -eu

worker() {
    exec celery --quiet -A panjin_traffic worker -P solo -O fair --prefetch-multiplier 1 \
        --without-gossip --without-mingle --without-heartbeat -l WARNING -Q "$1" -n "$2@%h"
}

case "${1:-web}" in
web)
    export DATABASE_ROLE=web
    exec uvicorn panjin_traffic.asgi:application --host "$BIND_HOST" --port "${WEB_PORT:-8000}" \
        --log-level warning --no-access-log --lifespan off --timeout-graceful-shutdown 5
    ;;
gateway)
    export DATABASE_ROLE=ingest
    if [ "${GATEWAYS:-1}" -gt 1 ]; then
        shift
        exec python manage.py gateways "$@"
    fi
    exec python manage.py gateway --name gateway-0
    ;;
attachments)
    export DATABASE_ROLE=ingest
    exec python manage.py attachments
    ;;
shard)
    export DATABASE_ROLE=ingest CELERY_SKIP_CHECKS=true
    worker "shard.$2" "shard$2"
    ;;
worker)
    export DATABASE_ROLE=ingest CELERY_SKIP_CHECKS=true
    worker default default
    ;;
archivist)
    export DATABASE_ROLE=ingest CELERY_SKIP_CHECKS=true MALLOC_MMAP_THRESHOLD_=1048576
    worker tracks tracks
    ;;
beat)
    export DATABASE_ROLE=ingest CELERY_SKIP_CHECKS=true
    exec celery --quiet -A panjin_traffic beat -s "$VAR_DIR/celerybeat-schedule" --pidfile= -l WARNING
    ;;
migrate)
    export DATABASE_ROLE=owner
    python manage.py database_roles
    exec python manage.py migrate --noinput
    ;;
*)
    exec python manage.py "$@"
    ;;
esac
