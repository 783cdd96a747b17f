// recorder FOLDER: servers on the loopback address that write down every request as a line of JSON in FOLDER/requests. Makes certificates
// in FOLDER (ca.crt, other-ca.crt, alice.crt, alice.key, bob.crt, bob.key), then FOLDER/ready with lines NAME=ADDRESS for: HTTPS, HTTP,
// PROXY (http), TLS_PROXY (https), SOCKS (socks5). Ends when its standard input does.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

var (
	folder   string
	requests *os.File
	writing  sync.Mutex
	proxied  sync.Map // the local address of a proxy's connection -> how it was asked for
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func write(name, kind string, der []byte) {
	must(0, os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func newAuthority(name string) authority {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	write(name+".crt", "CERTIFICATE", der)
	return authority{must(x509.ParseCertificate(der)), key}
}

func (a authority) issue(name string, hosts ...string) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key))
	keyDER := must(x509.MarshalECPrivateKey(key))
	write(name+".crt", "CERTIFICATE", der)
	write(name+".key", "EC PRIVATE KEY", keyDER)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func handle(w http.ResponseWriter, r *http.Request) {
	line := map[string]any{"method": r.Method, "path": r.URL.Path, "proto": r.Proto, "host": r.Host, "authorization": r.Header.Get("Authorization"),
		"encoding": r.Header.Get("Accept-Encoding"), "tls": r.TLS != nil, "as": []string{}}
	as := []string{}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "Impersonate-") {
			for _, value := range values {
				as = append(as, name+": "+value)
			}
		}
	}
	sort.Strings(as)
	line["as"] = as
	if r.TLS != nil {
		line["sni"] = r.TLS.ServerName
		if len(r.TLS.PeerCertificates) > 0 {
			line["certificate"] = r.TLS.PeerCertificates[0].Subject.CommonName
		}
	}
	if via, found := proxied.Load(r.RemoteAddr); found {
		line["proxy"] = via
	}
	writing.Lock()
	requests.Write(append(must(json.Marshal(line)), '\n'))
	writing.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if strings.Contains(r.Header.Get("Authorization"), "refused") {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`)
		return
	}
	io.WriteString(w, `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"probe"}}`)
}

func join(a, b net.Conn) {
	go func() { io.Copy(a, b); a.Close() }()
	io.Copy(b, a)
	b.Close()
}

// Names are all this machine's, as in a cluster whose names only the proxy knows.
func dial(address, how string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	upstream, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err == nil {
		proxied.Store(upstream.LocalAddr().String(), how)
	}
	return upstream, err
}

func connectProxy(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		how := fmt.Sprintf("%s %s %s", kind, r.Host, r.Header.Get("Proxy-Authorization"))
		if r.Method != http.MethodConnect { // a plain request: pass it on
			upstream, err := dial(r.Host, how)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			var sent bytes.Buffer
			r.Write(&sent)
			upstream.Write(sent.Bytes())
			client, _, _ := w.(http.Hijacker).Hijack()
			join(client, upstream)
			return
		}
		upstream, err := dial(r.Host, how)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		client, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		io.WriteString(client, "HTTP/1.1 200 Connected\r\n\r\n")
		join(client, upstream)
	}
}

// RFC 1928, CONNECT only, without authentication.
func socks(client net.Conn) {
	head := make([]byte, 2)
	io.ReadFull(client, head)
	io.ReadFull(client, make([]byte, head[1]))
	client.Write([]byte{5, 0})
	asked := make([]byte, 4)
	if _, err := io.ReadFull(client, asked); err != nil {
		return
	}
	size, kind := 4, "address"
	if asked[3] == 3 {
		length := make([]byte, 1)
		io.ReadFull(client, length)
		size, kind = int(length[0]), "name"
	} else if asked[3] == 4 {
		size = 16
	}
	host, port := make([]byte, size), make([]byte, 2)
	io.ReadFull(client, host)
	io.ReadFull(client, port)
	name := string(host)
	if kind == "address" {
		name = net.IP(host).String()
	}
	address := net.JoinHostPort(name, fmt.Sprint(binary.BigEndian.Uint16(port)))
	upstream, err := dial(address, "socks5 "+kind+" "+address)
	if err != nil {
		client.Close()
		return
	}
	client.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	join(client, upstream)
}

func main() {
	folder = os.Args[1]
	requests = must(os.OpenFile(filepath.Join(folder, "requests"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600))
	ca := newAuthority("ca")
	other := newAuthority("other-ca")
	ca.issue("alice")
	other.issue("bob")
	server := ca.issue("server", "127.0.0.1", "localhost", "cluster.test")
	quiet := log.New(io.Discard, "", 0)
	listen := func() net.Listener { return must(net.Listen("tcp", "127.0.0.1:0")) }
	https, plain, proxy, tlsProxy, socksProxy := listen(), listen(), listen(), listen(), listen()
	config := &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"h2", "http/1.1"}}
	go (&http.Server{Handler: http.HandlerFunc(handle), TLSConfig: config, ErrorLog: quiet}).ServeTLS(https, "", "")
	go (&http.Server{Handler: http.HandlerFunc(handle), ErrorLog: quiet}).Serve(plain)
	go (&http.Server{Handler: connectProxy("http"), ErrorLog: quiet}).Serve(proxy)
	proxyConfig := &tls.Config{Certificates: []tls.Certificate{server}, NextProtos: []string{"http/1.1"}}
	go (&http.Server{Handler: connectProxy("https"), TLSConfig: proxyConfig, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, ErrorLog: quiet}).ServeTLS(tlsProxy, "", "")
	go func() {
		for {
			client, err := socksProxy.Accept()
			if err != nil {
				return
			}
			go socks(client)
		}
	}()
	ready := ""
	for name, listener := range map[string]net.Listener{"HTTPS": https, "HTTP": plain, "PROXY": proxy, "TLS_PROXY": tlsProxy, "SOCKS": socksProxy} {
		ready += name + "=" + listener.Addr().String() + "\n"
	}
	must(0, os.WriteFile(filepath.Join(folder, "ready.new"), []byte(ready), 0o600))
	must(0, os.Rename(filepath.Join(folder, "ready.new"), filepath.Join(folder, "ready")))
	io.Copy(io.Discard, os.Stdin)
}
