// .mlopsctl/releases/NAME: a link to the release that stands behind an alias, so that people need not know digests. Swapped by rename;
// what a killed run left undone, the next one does; `cache gc` keeps what a link names.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/engine/run_record.hpp"
#include "pipeline/engine/store.hpp"

namespace mlopsctl::cli {

// What a stage with a release says of it (alias, model). Read from the store where the record is brief about reused stages.
Json release_summary(engine::Store& store, const engine::StageRun& stage);

// Letters, digits, '-', '_' and '.', the first a letter or digit, at most 200: what `model alias` takes. A deploy stage's alias may be any
// text; one that is not such a name gets no link.
bool can_name_a_file(const std::string& name);

// Where the release lies for people: by its link where that names it, else by its digest.
std::filesystem::path release_path(const engine::Store& store, const std::string& name, const Digest& release);

// Links every release of the run whose model stands behind its alias; one whose alias was rolled back since is left alone.
Status link_releases(engine::Store& store, const engine::RunRecord& record);

// After the alias was moved by hand: links the newest release of the model it names now; the link goes where there is none.
Status relink_release(engine::Store& store, const std::string& alias);

}  // namespace mlopsctl::cli
