# The README's commands. Each installs what it needs first (Debian 12; root or sudo).
CONFIG ?= configs/quickstart.yaml
BUILD  := build
JOBS   ?= $(shell nproc)
stamp   = $(BUILD)/.installed-$(1)-$(shell cksum < .ci/install | cut -d' ' -f1)

.PHONY: run build test base-model bench oracle picture format clean fuzz asan tsan tidy no-torch cluster-up cluster-down
run: build base-model
	$(BUILD)/release/mlopsctl run -f $(CONFIG)

build: $(call stamp,build) $(BUILD)/release/build.ninja
	@ninja -j$(JOBS) -C $(BUILD)/release --quiet mlopsctl

test: $(call stamp,test) $(call stamp,browser) $(BUILD)/dev/build.ninja base-model
	ninja -j$(JOBS) -C $(BUILD)/dev --quiet
	ctest --test-dir $(BUILD)/dev -j$(JOBS) --output-on-failure --schedule-random

base-model: $(call stamp,build)
	@cmake -P .ci/base-model.cmake

bench: $(call stamp,bench) $(BUILD)/bench/build.ninja
	ninja -j$(JOBS) -C $(BUILD)/bench --quiet
	bench/run.sh $(BUILD)/bench

tidy: $(call stamp,tidy)
asan tsan no-torch: $(call stamp,test)
asan tsan tidy no-torch: base-model
	cmake --preset $@ && ninja -j$(JOBS) -C $(BUILD)/$@ --quiet
	ctest --test-dir $(BUILD)/$@ -j$(JOBS) -L unit --output-on-failure

fuzz: $(call stamp,test) $(BUILD)/fuzz/build.ninja
	ninja -j$(JOBS) -C $(BUILD)/fuzz --quiet fuzzers
	tests/fuzz/run.sh $(BUILD)/fuzz $(or $(SECONDS_EACH),60)

# A real Kubernetes cluster on this machine, for tests and for trying things out; prints where its kubeconfig is.
cluster-up: $(call stamp,test)
	@tests/e2e/cluster/cluster.sh up $(or $(NODES),2)

cluster-down:
	@tests/e2e/cluster/cluster.sh down

oracle:
	tests/oracle/make.sh

picture: build base-model
	.github/picture.sh

format: $(call stamp,tidy)
	git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 -i

clean:
	rm -rf $(BUILD)

$(BUILD)/.installed-%:
	@.ci/install $(firstword $(subst -, ,$*))
	@mkdir -p $(BUILD) && rm -f $(BUILD)/.installed-$(firstword $(subst -, ,$*))-* && touch $@

$(BUILD)/%/build.ninja:
	@mkdir -p $(BUILD) && cmake --preset $* > $(BUILD)/$*-configure.log 2>&1 || { cat $(BUILD)/$*-configure.log; exit 1; }
	@tail -n 4 $(BUILD)/$*-configure.log | head -n 1
