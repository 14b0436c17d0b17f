# `make` alone lists the targets. Settings: ARGS (for run, bench..., torture), FUZZTIME, TORTURE_TIME, GUEST_TIME, VERSION.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test test-mysql torture check lint bench bench-sharing bench-rules bench-script bench-offload bench-wait bench-idle bench-idle-guest bench-monitor fuzz cover clean tools

# Where haproxy is, which not every user's PATH has.
export PATH := $(PATH):/usr/sbin:/sbin

# Each program built with the race detector, tests and the proxies they start, sleeps for a second when it ends, so that others of its
# goroutines may still race; all of the tests together would for four minutes.
export GORACE ?= atexit_sleep_ms=0

ARGS ?=
FUZZTIME ?= 20s
TORTURE_TIME ?= 10m
GUEST_TIME ?= 5400
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Packages that are the proxy; those under bench run it, against real servers.
PROXY = $(shell go list ./... | grep -v '^parkway/bench/')

# All packages, those first that take longest: they begin in this order.
ALL := ./bench/hostile ./bench/e2e ./session ./bench/torture ./scripting ./bench/failover ./...

# With all that is checked at run time, against real servers too. Without vet: `make lint` has all of its checks, with these tags and without.
TEST_ALL = go test -count=1 -vet=off $(RACE) -tags loopcheck,integration

# The race detector needs a C compiler. Looked up when a recipe begins, after `tools` had its chance to install one.
RACE = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | awk -F '\t' '{printf "  make %-16s %s\n", $$1, $$2}'

run: ## a proxy in front of a real primary and replica, with the line to try; Ctrl-C removes all of it (ARGS="-flavor mysql")
	@go build -o bin/run ./bench/run
	@exec bin/run $(ARGS)

build: ## bin/parkway
	go build -ldflags '-X main.version=$(VERSION)' -o bin/parkway ./cmd/parkway

test: tools ## all tests, those against real MariaDB too; installs what is missing
	PARKWAY_FLAVOR=mariadb $(TEST_ALL) $(ALL)
	go test -vet=off ./session ./scripting $(PROXY)

test-mysql: tools ## the integration tests against real MySQL 9; SKIPPED where that can't be had
	@status=0; bench/scripts/mysql-install.sh || status=$$?; \
	case $$status in \
	  0) set -x; PARKWAY_FLAVOR=mysql $(TEST_ALL) ./bench/e2e ./bench/torture ./bench/failover ./protocol/auth ./protocol/row ./protocol/sysvar ./hostgroup/stmt ./monitor/check ;; \
	  3) printf '\n%s\n%s\n%s\n\n' '#################' '# make test-mysql: SKIPPED, nothing was tested against MySQL (the reason is above)' '#################' ;; \
	  *) exit $$status ;; \
	esac

torture: ## random clients, directly and through the proxy, compared for TORTURE_TIME (10m; ARGS="-flavor mysql", "-h" tells more)
	@bench/scripts/install.sh mariadbd mariadb
	go run ./bench/torture -time $(TORTURE_TIME) $(ARGS)

check: lint ## what CI checks before the tests: lint, and who may import whom
	go test -run '^TestImports$$' ./cmd/parkway

lint: ## gofmt, vet, staticcheck; shellcheck where it is installed
	@unformatted=$$(gofmt -l .); [[ ! $$unformatted ]] || { echo "gofmt would change:" $$unformatted; exit 1; }
	go vet ./...
	go vet -tags loopcheck,integration ./...
	$(STATICCHECK) ./...
	$(STATICCHECK) -tags loopcheck,integration ./...
	@if command -v shellcheck > /dev/null; then set -x; shellcheck bench/scripts/*.sh .ci/run; fi

# Each run of bench/compare takes some 1.2 s more than its -seconds. The closer to its goal what is measured, the more rounds it takes to decide.
bench: ## direct, parkway and HAProxy side by side, and what sharing costs: queries per second, CPU per query (25 minutes; ARGS="-h" tells more)
	@bench/scripts/install.sh mariadbd mariadb sysbench haproxy
	go run ./bench/compare $(ARGS)
	@$(MAKE) --no-print-directory bench-sharing

bench-sharing: ## what it costs 64 clients to share 16 connections, beside one each (13 minutes)
	@bench/scripts/install.sh mariadbd mariadb sysbench
	go run ./bench/compare -targets parkway,parkway-shared -ps-mode disable,auto -threads 64 -judged-rounds 21 -seconds 3 -out bench/results/sharing $(ARGS)

bench-rules: ## what 1,000 query rules cost: CPU per query beside none (10 minutes)
	@bench/scripts/install.sh mariadbd mariadb sysbench
	go run ./bench/compare -targets parkway-unruled,parkway-rules -threads 64 -judged-rounds 31 -seconds 3 -out bench/results/rules $(ARGS)

bench-script: ## what scripts cost: CPU per query beside none; Go benchmarks of the calls (15 minutes)
	@bench/scripts/install.sh mariadbd mariadb sysbench
	go test -run '^$$' -bench '^Benchmark(OnQuery|Async|Machine)$$' -benchmem ./scripting
	go run ./bench/compare -targets parkway-unscripted,parkway-pure,parkway-plain -threads 64 -judged-rounds 31 -seconds 3 -out bench/results/script $(ARGS)

bench-offload: ## what others notice of scripts that are slow, endless or greedy (15 minutes)
	@bench/scripts/install.sh mariadbd mariadb sysbench
	go run ./bench/compare -targets parkway-beside,parkway-offload -workloads oltp_point_select -threads 64 -judged-rounds 61 -seconds 3 -out bench/results/offload $(ARGS)
	go test -count=1 -v -run '^TestScript' ./bench/hostile -long

bench-wait: ## the ways for a worker to wait for its sockets, compared
	@bench/scripts/install.sh mariadbd mariadb sysbench haproxy
	go run ./bench/wait $(ARGS)

bench-idle: ## what 15,000 quiet clients cost, and what they cost others, parked and not (ARGS="-h" tells more)
	@bench/scripts/install.sh mariadbd mariadb sysbench
	go run ./bench/idle $(ARGS)

# One processor and slow system calls: the times compare only with one another. Some 35 minutes, of which half are logins and waits. PARKWAY_GUEST_MAPS: see guest.sh.
bench-idle-guest: ## up to 250,000 of them in one process, in a guest kernel with limits of its own; SKIPPED where that can't be had
	@bench/scripts/install.sh mariadbd mariadb
	@go build -o bin/ ./bench/idle ./cmd/parkway
	@mkdir -p bench/results
	@status=0; PARKWAY_GUEST_MAPS=$${PARKWAY_GUEST_MAPS-1} bench/scripts/guest.sh -t $(GUEST_TIME) -w bench/results 10G env PARKWAY_CACHE=/tmp/cache bin/idle -parkway bin/parkway \
	  -name idle-guest -clients 100000 -counts 1000,10000,100000,250000 $(or $(ARGS),sweep) || status=$$?; \
	case $$status in \
	  0) ;; \
	  3) printf '\n%s\n%s\n%s\n\n' '#################' '# make bench-idle-guest: SKIPPED, nothing was measured (the reason is above)' '#################' ;; \
	  *) exit $$status ;; \
	esac

bench-monitor: ## failover on real servers, with its timeline; 500 servers watched: workers, CPU (PARKWAY_FLAVOR=mysql: MySQL 9)
	@bench/scripts/install.sh mariadbd mariadb sysbench
	go test -count=1 -v ./bench/failover -long

fuzz: ## every fuzz test for FUZZTIME (20s)
	@go test -list '^Fuzz' ./... | \
	awk '/^Fuzz/ {names[n++] = $$1} /^ok/ {for (i = 0; i < n; i++) print $$2, names[i]} /^(ok|\?)/ {n = 0}' | \
	while read -r package name; do \
	  echo "== $$package $$name"; \
	  go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$package" < /dev/null; \
	done

cover: ## coverage of the proxy's packages by their tests: bin/cover.html and a sum
	@mkdir -p bin
	go test -coverprofile bin/cover.out $(PROXY)
	go tool cover -html bin/cover.out -o bin/cover.html
	@go tool cover -func bin/cover.out | tail -n 1

clean: ## what was built; servers fetched for tests stay in the cache (bench/scripts/mysql-install.sh says where)
	rm -rf bin

# What the tests need. Without a C compiler they run, with less to find.
tools:
	@bench/scripts/install.sh
	@bench/scripts/install.sh gcc || echo '### no C compiler: the tests run WITHOUT the race detector'
