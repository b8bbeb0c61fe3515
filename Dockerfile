# One image for web, worker, beat and migrate; docker-compose.yml names the command of each.
FROM python:3.11-slim-bookworm AS packages
COPY requirements/run.txt /tmp/run.txt
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/run.txt

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 weektwelve \
    && useradd --system --uid 10001 --gid weektwelve --no-create-home weektwelve \
    && install -d -m 700 -o weektwelve -g weektwelve /var/lib/weektwelve/files
COPY --from=packages /opt/venv /opt/venv
COPY --chown=root:root . /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/app/staticfiles FILES_ROOT=/var/lib/weektwelve/files WEB_BIND=0.0.0.0:8012
RUN python manage.py collectstatic --noinput && python -m compileall -q .
USER weektwelve
EXPOSE 8012
CMD ["gunicorn", "-c", "config/gunicorn.py"]
