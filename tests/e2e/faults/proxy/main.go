// proxy FOLDER HOST:PORT CA: stands between a client and an API server, and does one thing wrong when told to.
//
// FOLDER/plan says what and when, each line by itself: "FAULT WHEN [WHICH [TEXT]]". WHEN: N, the N-th such request since the plan was written; N+, from
// it on; all. WHICH: any; or writes, what changes something. TEXT: only requests with it in their address, their body or their token.
// FOLDER/used appears when one went wrong.
// Faults: 410 429 500 502 503 504 401 (answers so itself), cut (the connection breaks before the request is passed on), lost (after: the server has done it),
// slow (a second later), stall (never), halfopen (nothing more comes over that connection, which stays open), silent (a watch: nothing after the headers),
// expired (a watch: 410 as an event). Whoever has a token is passed on as the server's admin.
// Makes FOLDER/ca.crt and then FOLDER/ready with the addresses HTTP2 and HTTP1. Ends when its standard input does.
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

var (
	folder string
	lock   sync.Mutex
	known  string
	counts map[int]int // of the plan's lines
)

// Whether the request is one that a line of the plan, without its fault and when, is about.
func isOf(which []string, r *http.Request, body []byte) bool {
	dry := r.URL.Query().Has("dryRun") || strings.HasSuffix(r.URL.Path, "selfsubjectaccessreviews")
	if len(which) > 0 && which[0] == "writes" && (r.Method == http.MethodGet || dry) {
		return false
	}
	return len(which) < 2 || strings.Contains(r.RequestURI+" "+r.Header.Get("Authorization")+" "+string(body), which[1])
}

// The fault of this request; empty: none.
func fault(r *http.Request, body []byte) string {
	lock.Lock()
	defer lock.Unlock()
	text, _ := os.ReadFile(filepath.Join(folder, "plan"))
	if string(text) != known {
		known, counts = string(text), map[int]int{}
	}
	found := ""
	for i, line := range strings.Split(known, "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || !isOf(words[2:], r, body) {
			continue
		}
		counts[i]++
		number, _ := strconv.Atoi(strings.TrimSuffix(words[1], "+"))
		if words[1] == "all" || number == counts[i] || (strings.HasSuffix(words[1], "+") && number < counts[i]) {
			found = words[0]
		}
	}
	if found != "" {
		os.WriteFile(filepath.Join(folder, "used"), nil, 0o600)
	}
	return found
}

// A connection that can fall silent: what is written goes nowhere.
type connection struct {
	net.Conn
	silent atomic.Bool
}

func (c *connection) Write(bytes []byte) (int, error) {
	if c.silent.Load() {
		return len(bytes), nil
	}
	return c.Conn.Write(bytes)
}

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	plain, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{Conn: plain}, nil
}

type connectionKey struct{}

func cut(w http.ResponseWriter) {
	if hijacker, can := w.(http.Hijacker); can {
		if taken, _, err := hijacker.Hijack(); err == nil {
			if plain, is := taken.(*tls.Conn); is {
				plain.NetConn().(*connection).Conn.(*net.TCPConn).SetLinger(0) // a reset, not an end
			}
			taken.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

func main() {
	folder = os.Args[1]
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(must(os.ReadFile(os.Args[3])))
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: os.Args[2]})
	pass.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	pass.FlushInterval = -1
	pass.ErrorLog = log.New(io.Discard, "", 0)

	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := must(io.ReadAll(r.Body))
		r.Body = io.NopCloser(bytes.NewReader(body))
		kind := fault(r, body)
		if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			r.Header.Set("Authorization", "Bearer admin-token")
		}
		if status, err := strconv.Atoi(kind); err == nil {
			if status == 429 {
				w.Header().Set("Retry-After", "0")
			}
			http.Error(w, "the proxy says "+kind, status)
			return
		}
		switch kind {
		case "cut":
			cut(w)
			return
		case "lost":
			answer := must(pass.Transport.RoundTrip(func() *http.Request {
				again := r.Clone(r.Context())
				again.URL.Scheme, again.URL.Host, again.RequestURI = "https", os.Args[2], ""
				return again
			}()))
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			cut(w)
			return
		case "slow":
			time.Sleep(time.Second)
		case "halfopen":
			r.Context().Value(connectionKey{}).(*connection).silent.Store(true)
			<-r.Context().Done()
			return
		case "stall":
			<-r.Context().Done()
			return
		case "silent", "expired":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			if kind == "expired" {
				io.WriteString(w, `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}`+"\n")
				return
			}
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		pass.ServeHTTP(w, r)
	})

	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "proxy"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	must(0, os.WriteFile(filepath.Join(folder, "ca.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	certificate := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	serve := func(protocols ...string) string {
		on := must(net.Listen("tcp", "127.0.0.1:0"))
		server := &http.Server{Handler: handler, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, c.(*tls.Conn).NetConn())
		}, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: protocols}, ErrorLog: log.New(io.Discard, "", 0)}
		if len(protocols) == 1 {
			server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
		}
		go server.ServeTLS(listener{on}, "", "")
		return on.Addr().String()
	}
	ready := "HTTP2=" + serve("h2", "http/1.1") + "\nHTTP1=" + serve("http/1.1") + "\n"
	must(0, os.WriteFile(filepath.Join(folder, "ready.new"), []byte(ready), 0o600))
	must(0, os.Rename(filepath.Join(folder, "ready.new"), filepath.Join(folder, "ready")))
	io.Copy(io.Discard, os.Stdin)
}
