# Other names for the commands of run.py, which needs no make; and how the locks are compiled.
.PHONY: demo test lock

demo test:
	python3 run.py $@

# Keeps the versions that still fit; remove a file first to have the newest of everything in it.
UV = $(firstword $(wildcard .tools/uv-*/bin/uv) uv)
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	$(COMPILE) --group bootstrap --output-file requirements/bootstrap.txt
	$(COMPILE) --group build --output-file requirements/build.txt
	$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml --group dev --constraints requirements/runtime.txt --output-file requirements/dev.txt
