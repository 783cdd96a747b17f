/* A web server for tests: answers every GET with "ok VERSION POD". Told by environment variables:
   EXIT=n         says so and ends at once with code n
   WARMUP=s       not ready (503 at /healthz) for so many seconds; negative: never
   DRAIN=s        serves so many seconds more after SIGTERM (default 2; 0: ends at once)
   FAIL_PERCENT=p answers p of 100 requests with 500
   GOOD_PERCENT=p names the label "good" in p of 100 answers (default 50), else "bad"
   Health is at /healthz and /v2/health/ready; 503, too, while /tmp/notready is there. /metrics says what it has counted, as mlopsctl serve does. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static time_t started;

static int setting(const char* name, int otherwise) {
  const char* text = getenv(name);
  return text ? atoi(text) : otherwise;
}
static void leave(int sig) { (void)sig; _exit(0); }
static void drain(int sig) {
  (void)sig;
  const int seconds = setting("DRAIN", 2);
  if (seconds > 0) alarm((unsigned)seconds);
  else _exit(0);
}
static int ready(void) {
  const int warmup = setting("WARMUP", 0);
  return warmup >= 0 && time(0) - started >= warmup && access("/tmp/notready", F_OK) != 0;
}

static _Atomic unsigned count, failed, good;

static int metrics(char* text, size_t size) {
  const unsigned all = count, bad = failed, named_good = good;
  return snprintf(text, size,
                  "mlopsctl_requests_total{route=\"GET /\",status=\"200\"} %u\nmlopsctl_requests_total{route=\"GET /\",status=\"500\"} %u\n"
                  "mlopsctl_request_seconds_bucket{route=\"GET /\",le=\"1\"} %u\nmlopsctl_request_seconds_bucket{route=\"GET /\",le=\"+Inf\"} %u\n"
                  "mlopsctl_predictions_total{label=\"good\"} %u\nmlopsctl_predictions_total{label=\"bad\"} %u\n",
                  all - bad, bad, all, all, named_good, all - named_good);
}

static void* serve(void* argument) {
  const int client = (int)(long)argument;
  char request[4096], body[1024], answer[2048];
  const ssize_t got = read(client, request, sizeof request - 1);
  if (got > 0) {
    request[got] = 0;
    const char* status = "200 OK";
    const int asks_metrics = strncmp(request, "GET /metrics", 12) == 0;
    if (strncmp(request, "GET /healthz", 12) == 0 || strncmp(request, "GET /v2/health", 14) == 0) {
      status = ready() ? status : "503 Service Unavailable";
    } else if (!asks_metrics) {
      const int turn = (int)(count++ * 37 % 100);  // all of a hundred, well mixed
      if (turn < setting("FAIL_PERCENT", 0)) status = "500 Internal Server Error", ++failed;
      if (turn < setting("GOOD_PERCENT", 50)) ++good;
    }
    const char *version = getenv("VERSION"), *pod = getenv("HOSTNAME");
    if (asks_metrics) metrics(body, sizeof body);
    else snprintf(body, sizeof body, "%s %s %s\n", status[0] == '2' ? "ok" : "bad", version ? version : "-", pod ? pod : "-");
    const int size = snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, strlen(body), body);
    if (write(client, answer, (size_t)size) < 0) perror("write");
  }
  shutdown(client, SHUT_WR);
  while (read(client, request, sizeof request) > 0) {}
  close(client);
  return 0;
}

int main(void) {
  started = time(0);
  if (getenv("EXIT")) {
    printf("web: told to end with code %s\n", getenv("EXIT"));
    return setting("EXIT", 1);
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, drain);
  signal(SIGALRM, leave);
  const int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 512) != 0) {
    perror("listen");
    return 1;
  }
  printf("web: listening on 8080\n");
  fflush(stdout);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&small, 65536);
  for (;;) {
    const int client = accept(listener, 0, 0);
    pthread_t thread;
    if (client >= 0 && pthread_create(&thread, &small, serve, (void*)(long)client) != 0) close(client);
  }
}
