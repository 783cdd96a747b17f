# The cases of check.sh: kubeconfig features, each as it stands in a file, with placeholders for the recorder's addresses and certificates.
# shellcheck shell=bash disable=SC2154

# one CLUSTER USER: a kubeconfig of one context; both are flow mappings without braces.
tls="server: \"https://$HTTPS\", certificate-authority: \"$CA\""
data="server: \"https://$HTTPS\", certificate-authority-data: $(encoded "$CA")"

# Reaching the server.
one "$tls" "token: t" | compare "https"
one "$data" "token: t" | compare "authority as data"
one "server: \"https://$HTTPS\", certificate-authority: ../rec/ca.crt" "token: t" | compare "authority by a relative path"
one "server: \"https://$HTTPS\", certificate-authority: \"$OTHER_CA\"" "token: t" | compare "another authority"
one "server: \"https://$HTTPS\"" "token: t" | compare "an authority that the system does not know"
one "server: \"https://$HTTPS\", insecure-skip-tls-verify: true" "token: t" | compare "insecure"
one "$tls, insecure-skip-tls-verify: true" "token: t" | compare "insecure with an authority"
one "server: \"https://$HTTPS\", certificate-authority: /nowhere/ca.crt" "token: t" | compare "an authority that is not there"
one "server: \"https://$HTTPS\", certificate-authority-data: '%%%'" "token: t" | compare "an authority that is no Base64"
one "$tls, certificate-authority-data: $(encoded "$CA")" "token: t" | compare "authority twice"
one "server: \"https://$HTTPS/prefix/k8s\", certificate-authority: \"$CA\"" "token: t" | compare "a path before the API's"
one "server: \"https://$HTTPS/prefix/\", certificate-authority: \"$CA\"" "token: t" | compare "a path with a slash at its end"
one "server: \"https://localhost:$PORT\", certificate-authority: \"$CA\"" "token: t" | compare "a host by name"
one "$tls, tls-server-name: cluster.test" "token: t" | compare "tls-server-name"
one "$tls, tls-server-name: wrong.test" "token: t" | compare "tls-server-name that the certificate does not have"
one "server: \"https://$HTTPS\", insecure-skip-tls-verify: true, tls-server-name: wrong.test" "token: t" | compare "tls-server-name, insecure"
one "$tls, disable-compression: true" "token: t" | compare "disable-compression"
one "server: \"http://$HTTP\"" "" | compare "http"
one "server: \"$HTTP\"" "" | compare "no scheme"
one "" "token: t" | compare "no server"

# Proxies.
one "$tls, proxy-url: \"http://$PROXY\"" "token: t" | compare "http proxy"
one "$tls, proxy-url: \"http://me:secret@$PROXY\"" "token: t" | compare "http proxy with a password"
one "$tls, proxy-url: \"https://$TLS_PROXY\"" "token: t" | compare "https proxy"
one "$tls, proxy-url: \"socks5://$SOCKS\"" "token: t" | compare "socks5 proxy, by address"
one "server: \"https://cluster.test:$PORT\", certificate-authority: \"$CA\", proxy-url: \"socks5://$SOCKS\"" "token: t" | compare "socks5 proxy, by name"
one "server: \"https://cluster.test:$PORT\", certificate-authority: \"$CA\", proxy-url: \"http://$PROXY\"" "token: t" | compare "http proxy, by name"
one "$tls, proxy-url: \"http://$PROXY\", tls-server-name: cluster.test" "token: t" | compare "http proxy and tls-server-name"
one "$tls, proxy-url: \"ftp://$PROXY\"" "token: t" | compare "a proxy of another kind"
one "server: \"https://cluster.test:$PORT\", certificate-authority: \"$CA\"" "token: t" | compare "proxy of the environment" HTTPS_PROXY="http://$PROXY"
one "server: \"https://cluster.test:$PORT\", certificate-authority: \"$CA\"" "token: t" | compare "NO_PROXY" HTTPS_PROXY="http://$PROXY" NO_PROXY=cluster.test
one "$tls" "token: t" | compare "this machine goes without the environment's proxy" HTTPS_PROXY="http://$PROXY"
one "$tls, proxy-url: \"http://$PROXY\"" "token: t" | compare "proxy-url goes before the environment's" HTTPS_PROXY="http://127.0.0.1:1" NO_PROXY='*'

# Who we are.
one "$tls" "token: abc" | compare "token"
printf ' filed \n' >"$KUBE/token"
one "$tls" "tokenFile: token" | compare "tokenFile, relative, with blanks"
one "$tls" "tokenFile: token, token: inline" | compare "tokenFile and token"
one "$tls" "tokenFile: nowhere, token: inline" | compare "tokenFile that is not there, and token"
one "$tls" "tokenFile: nowhere" | compare "tokenFile that is not there"
: >"$KUBE/empty"
one "$tls" "tokenFile: empty" | compare "tokenFile that is empty"
one "$tls" "username: me, password: 'p:w'" | compare "user name and password"
one "$tls" "username: me, password: p, token: t" | compare "password and token"
one "$tls" "username: me, password: p, tokenFile: token" | compare "password and tokenFile"
one "$tls" "client-certificate: \"$ALICE.crt\", client-key: \"$ALICE.key\"" | compare "client certificate"
one "$tls" "client-certificate: ../rec/alice.crt, client-key: ../rec/alice.key" | compare "client certificate, relative"
one "$tls" "client-certificate-data: $(encoded "$ALICE.crt"), client-key-data: $(encoded "$ALICE.key")" | compare "client certificate as data"
one "$tls" "client-certificate-data: $(encoded "$ALICE.crt"), client-key: \"$ALICE.key\"" | compare "certificate as data, key as file"
one "$tls" "client-certificate: \"$ALICE.crt\"" | compare "certificate without a key"
one "$tls" "client-certificate: \"$ALICE.crt\", client-key: \"$BOB.key\"" | compare "certificate with another's key"
one "$tls" "client-certificate: \"$ALICE.crt\", client-key: \"$ALICE.key\", token: t" | compare "certificate and token"
one "$tls, proxy-url: \"http://$PROXY\"" "client-certificate: \"$ALICE.crt\", client-key: \"$ALICE.key\"" | compare "certificate through a proxy"
one "server: \"http://$HTTP\"" "token: t" | compare "no token in the clear"
one "server: \"http://$HTTP\"" "username: me, password: p" | compare "no password in the clear"
one "$tls" "token: 12345" | compare "a token that YAML takes for a number"
one "$tls" "token: t, unheard-of: {a: b}" | compare "a key that nobody knows"

# Impersonation.
one "$tls" "token: t, as: jane" | compare "as"
one "$tls" "token: t, as: jane, as-uid: '7', as-groups: [a, b c], as-user-extra: {Scopes: [first, second], 'example.com/team': [third]}" | compare "as, with everything"
one "$tls" "token: t, as-groups: [a]" | compare "groups without as"
one "server: \"http://$HTTP\"" "as: jane" | compare "as over http"

# Plug-ins.
mkdir -p "$KUBE/bin"
cat >"$KUBE/bin/plug" <<'SH'
#!/bin/sh
# Prints the token in $1; with "info" what it was told, Base64 so that it stands in one header.
case $1 in
  info) token=$(printf '%s' "$KUBERNETES_EXEC_INFO" | jq -cS . | base64 -w0) ;;
  env) token="$A.$B" ;;
  *) token=$1 ;;
esac
printf '{"kind":"ExecCredential","apiVersion":"%s","status":{"token":"%s"%s}}' "${2:-client.authentication.k8s.io/v1}" "$token" "$3"
SH
chmod +x "$KUBE/bin/plug"
plug() { printf 'exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: plug, %s}' "$1"; }
one "$tls" "$(plug 'args: [from-plug]')" | compare "plug-in, from PATH"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./bin/plug, args: [relative]}" | compare "plug-in, beside the kubeconfig"
# shellcheck disable=SC2016
one "$tls" "$(plug "args: ['a b;\$(id)\`id\`*|\"']" | sed 's/"'"'"'/'"'"'/')" | compare "plug-in, arguments that a shell would take"
one "$tls" "$(plug 'args: [env], env: [{name: A, value: one}, {name: B, value: two}]')" | compare "plug-in, variables"
one "$tls" "$(plug 'args: [info]')" | compare "plug-in, what it is told"
one "$tls, tls-server-name: cluster.test, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x, number: 3}}]" "$(plug 'args: [info], provideClusterInfo: true')" | compare "plug-in, told of the cluster"
one "$data, disable-compression: true" "$(plug 'args: [info], provideClusterInfo: true')" | compare "plug-in, told of the cluster's data"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: plug, args: [beta, client.authentication.k8s.io/v1beta1]}" | compare "plug-in, v1beta1"
one "$tls" "$(plug 'args: [t, client.authentication.k8s.io/v1beta1]')" | compare "plug-in, the answer has another version"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v9, interactiveMode: Never, command: plug, args: [t]}" | compare "plug-in, a version that is not there"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, command: plug, args: [t]}" | compare "plug-in without interactiveMode"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always, command: plug, args: [t]}" | compare "plug-in that wants to talk"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: plug, args: [info]}" | compare "plug-in that would talk"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: nowhere-to-be-found}" | compare "plug-in that is not there"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: 'false'}" | compare "plug-in that fails"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: echo, args: [nothing]}" | compare "plug-in that prints something else"
one "$tls" "$(plug "args: ['', client.authentication.k8s.io/v1]")" | compare "plug-in that says nothing"
one "$tls" "$(plug "args: [t, client.authentication.k8s.io/v1, ',\"expirationTimestamp\":\"2031-01-01T00:00:00Z\"']")" | compare "plug-in, a token that ends"
jq -n --rawfile c "$ALICE.crt" --rawfile k "$ALICE.key" '{kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status: {clientCertificateData: $c, clientKeyData: $k}}' >"$KUBE/credential"
one "$tls" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: cat, args: [\"$KUBE/credential\"]}" | compare "plug-in, certificate"
one "$tls" "token: mine, $(plug 'args: [from-plug]')" | compare "token goes before plug-in"
one "server: \"http://$HTTP\"" "$(plug 'args: [from-plug]')" | compare "no plug-in in the clear"

# Contexts and files.
two() { printf '{apiVersion: v1, kind: Config, %s contexts: [{name: a, context: {cluster: k, user: ua, namespace: na}}, {name: b, context: {cluster: k, user: ub}}], clusters: [{name: k, cluster: {%s}}], users: [{name: ua, user: {token: ta}}, {name: ub, user: {token: tb}}]}\n' "$1" "$tls"; }
two "current-context: a," | compare "current context, with a namespace"
two "current-context: a," | compare "another context" --context b
two "current-context: nowhere," | compare "a current context that is not there"
two "current-context: a," | compare "a context that is not there" --context nowhere
two "current-context: a," | compare "a namespace on the command line" --namespace other
printf 'current-context: b\n' >"$KUBE/first"
two "current-context: a," | compare "two files, the first says which context" KUBECONFIG="$KUBE/first:$KUBE/config"
one "$tls" "token: first" >"$KUBE/first"
one "server: \"https://127.0.0.1:1\"" "token: second" | compare "two files, the same names" KUBECONFIG="$KUBE/first:$KUBE/config"
one "$tls" "token: second" | compare "a file that is not there" KUBECONFIG="$KUBE/nowhere::$KUBE/config"
one "server: \"https://127.0.0.1:1\"" "token: t" | compare "a file on the command line" --kubeconfig "$KUBE/first"
one "$tls" "token: t" | compare "a file on the command line that is not there" --kubeconfig "$KUBE/nowhere"
mkdir -p "$work/home/.kube"
one "$tls" "token: home" >"$work/home/.kube/config"
echo | compare "the file in the home folder" KUBECONFIG=
two "current-context: a," | jq -c . 2>/dev/null | compare "nothing at all in the file"
printf -- '---\n# a comment\napiVersion: v1\nkind: Config\ncurrent-context: c\npreferences: {}\ncontexts:\n- context:\n    cluster: k\n    user: u\n  name: c\nclusters:\n- cluster:\n    certificate-authority: %s\n    server: https://%s\n  name: k\nusers:\n- name: u\n  user:\n    token: "quoted: text"\n' "$CA" "$HTTPS" | compare "block style, with a comment"
printf 'current-context: [c\n' | compare "no YAML"
