// The flags of commands that have more of them than a row of the table (commands.cpp) holds.
#pragma once

#include "cli/command.hpp"

namespace mlopsctl::cli {

inline constexpr Flag predict_flags[] = {{"--model", 'm', Takes::alias, "PATH|ALIAS", "a registered alias, a stage of the latest run, or a folder", "", true},
                                         {"--input", 'i', Takes::file, "FILE", "rows to label; .gz is looked through; - is stdin", "", true},
                                         {"--output", 'o', Takes::file, "FILE", "where to write; - is stdout", "", true},
                                         {"--text-column", 0, Takes::text, "NAME", "the column with the text", "text"},
                                         {"--delimiter", 0, Takes::text, "CHARACTER", "between the fields of CSV input; \\t is a tab (default: a comma)"},
                                         {"--format", 0, Takes::choice, "auto|csv|tsv|jsonl", "of input and output; auto: by the file's name", "auto"},
                                         {"--label-column", 0, Takes::text, "NAME", "the added column with the label", "predicted"},
                                         {"--confidence-column", 0, Takes::text, "NAME", "the added column with its probability", "confidence"},
                                         {"--no-confidence", 0, Takes::nothing, "", "add the label alone"},
                                         {"--keep", 0, Takes::text, "NAMES", "the input's columns to keep, separated by commas (default: all)"},
                                         {"--rejects", 0, Takes::file, "FILE", "set rows that cannot be read aside here, with the reason (default: refuse)"}};

inline constexpr Flag label_sample_flags[] = {
    {"--champion", 0, Takes::alias, "PATH|ALIAS", "the model to beat: a registered alias, a stage of the latest run, or a folder", "", true},
    {"--challenger", 0, Takes::alias, "PATH|ALIAS", "the model that wants its place", "", true},
    {"--input", 'i', Takes::file, "FILE", "rows without labels", "", true},
    {"--rows", 'n', Takes::integer, "N", "rows to label", "", true},
    {"--output", 'o', Takes::file, "FILE", "where to write the rows with an empty column label, as CSV", "", true},
    {"--labels", 0, Takes::file, "FILE", "labels imported before: not asked for again; of another sample, filled in", "", false, true},
    {"--text-column", 0, Takes::text, "NAME", "the column with the text", "text"},
    {"--id-column", 0, Takes::text, "NAME", "the column that identifies a row (default: the start of its text's digest)"},
    {"--agreeing", 0, Takes::text, "SHARE", "share of the labels for rows where the models agree", "0.1"},
    {"--seed", 0, Takes::integer, "N", "another seed, other rows", "0"}};

inline constexpr Flag serve_flags[] = {
    {"--model", 'm', Takes::alias, "PATH|ALIAS", "a registered alias, a stage of the latest run, or a folder", "", true},
    {"--api", 0, Takes::text, "NAME", "answer as gke-twitter, sentiment140-k8s, imdb-api, nlp-on-eks or airline-ulmfit does, too", "", false, true},
    {"--host", 0, Takes::text, "ADDRESS", "listen on this address only (default: every address)"},
    {"--port", 'p', Takes::integer, "N", "listen on this port; 0: any free one", "8080"},
    {"--admin-port", 0, Takes::integer, "N", "metrics on this port instead, for admins' keys where keys are asked for"},
    {"--ui-port", 0, Takes::integer, "N", "the pages at / of this port as well"},
    {"--unix-socket", 0, Takes::file, "PATH", "listen on this unix socket as well"},
    {"--tls-cert", 0, Takes::file, "FILE", "speak TLS: the certificate and its chain, PEM; read anew when it changes"},
    {"--tls-key", 0, Takes::file, "FILE", "the certificate's private key, PEM"},
    {"--api-keys", 0, Takes::file, "FILE", "answer those with a key only: lines of NAME sha256:DIGITS [rate=N] [burst=N] [day=N] [body=BYTES] [admin]", "",
     false, true},
    {"--cors-origin", 0, Takes::text, "ORIGIN", "let pages of this origin ask, such as https://app.example.com", "", false, true},
    {"--access-log", 0, Takes::file, "FILE", "append a JSON line for each answer; - is stdout"},
    {"--shadow", 0, Takes::alias, "PATH|ALIAS", "score copies with this model too, and count how often the two agree"},
    {"--store", 0, Takes::text, "ADDRESS",
     "keep tweets, predictions and feedback in sqlite:FILE or postgresql://...; env:NAME and file:FILE say where the address is (default: MLOPSCTL_STORE of "
     "the environment)"},
    {"--record", 0, Takes::text, "SHARE", "keep that share of the predictions in the store, from 0 to 1", "0"},
    {"--redact", 0, Takes::choice, "yes|no", "leave mentions and e-mail addresses out of what is kept", "yes"},
    {"--retention", 0, Takes::integer, "DAYS", "forget predictions after so many days; 0: never", "0"},
    {"--spool", 0, Takes::folder, "DIR", "where predictions wait while the store is away", ".mlopsctl/spool"},
    {"--queue", 0, Takes::integer, "N", "requests that may wait to be scored; 503 beyond", "4096"},
    {"--max-body", 0, Takes::integer, "BYTES", "refuse larger requests", "2097152"},
    {"--max-connections", 0, Takes::integer, "N", "beyond, the one that waits longest gives way", "16384"},
    {"--timeout", 0, Takes::integer, "SECONDS", "for a request to arrive and be answered", "30"},
    {"--grace", 0, Takes::integer, "SECONDS", "after SIGTERM, finish what is under way for so long at most", "25"},
};

}  // namespace mlopsctl::cli
