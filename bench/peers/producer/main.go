// An HTTP service in front of Kafka as a good Go engineer would write it: net/http and franz-go,
// one shared client, acks=all with idempotence, an answer only after the delivery report.
//
// POST /produce takes one event, a JSON array or NDJSON, and answers with receipts.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"net/http"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	maxBody       = 10 << 20
	answerTimeout = 20 * time.Second
)

type receipt struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

type service struct{ client *kgo.Client }

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "address to listen on")
	brokers := flag.String("brokers", "127.0.0.1:9092", "Kafka's brokers, comma-separated")
	flag.Parse()

	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(*brokers, ",")...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		// Whoever waits for an answer does not want to wait for company.
		kgo.ProducerLinger(0),
		kgo.RecordDeliveryTimeout(15*time.Second),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.MaxBufferedRecords(100_000),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	service := &service{client}
	mux.HandleFunc("POST /produce", service.produce)
	mux.HandleFunc("GET /ready", service.ready)
	server := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	go func() {
		<-stop.Done()
		drain, cancel := context.WithTimeout(context.Background(), answerTimeout)
		defer cancel()
		_ = server.Shutdown(drain)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	client.Close()
}

func (s *service) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.client.Ping(r.Context()); err != nil {
		problem(w, http.StatusServiceUnavailable, err.Error())
	}
}

func (s *service) produce(w http.ResponseWriter, r *http.Request) {
	receivedAt := time.Now().UTC()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		problem(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	}
	items, isBatch, err := split(body, r.Header.Get("Content-Type"))
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	records := make([]*kgo.Record, len(items))
	receipts := make([]receipt, len(items))
	for i, item := range items {
		event, err := decode(item, receivedAt)
		if err != nil {
			problem(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		records[i] = event.record(receivedAt)
		receipts[i] = receipt{ID: event.ID, Type: event.Type, Topic: records[i].Topic}
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	if err := s.deliver(ctx, records, receipts); err != nil {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if isBatch {
		_ = json.NewEncoder(w).Encode(map[string][]receipt{"receipts": receipts})
	} else {
		_ = json.NewEncoder(w).Encode(receipts[0])
	}
}

// deliver returns once every record has its delivery report; the first error is the answer.
func (s *service) deliver(ctx context.Context, records []*kgo.Record, receipts []receipt) error {
	var (
		reports sync.WaitGroup
		once    sync.Once
		failure error
	)
	reports.Add(len(records))
	for i, record := range records {
		s.client.Produce(ctx, record, func(delivered *kgo.Record, err error) {
			defer reports.Done()
			if err != nil {
				once.Do(func() { failure = err })
				return
			}
			receipts[i].Partition, receipts[i].Offset = delivered.Partition, delivered.Offset
		})
	}
	reports.Wait()
	return failure
}

// split cuts a body into its items without decoding them.
func split(body []byte, contentType string) (items []json.RawMessage, isBatch bool, err error) {
	if strings.HasPrefix(contentType, "application/x-ndjson") {
		for line := range bytes.SplitSeq(body, []byte{'\n'}) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				items = append(items, line)
			}
		}
		isBatch = true
	} else if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '[' {
		isBatch, err = true, json.Unmarshal(trimmed, &items)
	} else {
		items = []json.RawMessage{trimmed}
	}
	if err == nil && len(items) == 0 {
		err = errors.New("the request holds no event")
	}
	return items, isBatch, err
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "detail": detail})
}
