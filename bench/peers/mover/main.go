// A mover from Kafka to Elasticsearch as a good Go engineer would write it: a franz-go group
// consumer, go-elasticsearch's bulk indexer with create, offsets committed once their documents are.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esutil"
	"github.com/twmb/franz-go/pkg/kgo"
)

var indices = map[string]string{
	"products": "products-index", "orders": "orders-index", "suppliers": "suppliers-index",
}

// fetched is what one poll brought: it may be committed when all of it was written.
type fetched struct {
	records []*kgo.Record
	written *sync.WaitGroup
}

func main() {
	brokers := flag.String("brokers", "127.0.0.1:9092", "Kafka's brokers, comma-separated")
	url := flag.String("elasticsearch", "http://127.0.0.1:9200", "Elasticsearch")
	group := flag.String("group", "mover", "consumer group")
	workers := flag.Int("workers", 2, "bulk requests in flight")
	flag.Parse()

	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(*brokers, ",")...),
		kgo.ConsumerGroup(*group),
		kgo.ConsumeTopics("products", "orders", "suppliers"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	search, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{*url}})
	if err != nil {
		log.Fatal(err)
	}
	indexer, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{
		Client: search, NumWorkers: *workers, FlushBytes: 2 << 20,
		FlushInterval: 200 * time.Millisecond, FilterPath: []string{"errors", "items.*.status",
			"items.*.error"},
		OnError: func(_ context.Context, err error) { log.Fatalf("bulk: %v", err) },
	})
	if err != nil {
		log.Fatal(err)
	}

	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	queue := make(chan fetched, 4)
	committed := make(chan struct{})
	go commitInOrder(client, queue, committed)
	move(stop, client, indexer, queue)
	close(queue)
	_ = indexer.Close(context.Background())
	<-committed
}

// move reads and adds until it is told to stop.
func move(stop context.Context, client *kgo.Client, indexer esutil.BulkIndexer, queue chan<- fetched) {
	for {
		fetches := client.PollRecords(stop, 20_000)
		if stop.Err() != nil || fetches.IsClientClosed() {
			return
		}
		fetches.EachError(func(topic string, partition int32, err error) {
			if !errors.Is(err, context.Canceled) {
				log.Printf("%s/%d: %v", topic, partition, err)
			}
		})
		batch := fetched{fetches.Records(), &sync.WaitGroup{}}
		if len(batch.records) == 0 {
			continue
		}
		batch.written.Add(len(batch.records))
		for _, record := range batch.records {
			add(indexer, record, batch.written)
		}
		queue <- batch
	}
}

func add(indexer esutil.BulkIndexer, record *kgo.Record, written *sync.WaitGroup) {
	id, document, err := compose(record, time.Now().UTC())
	if err != nil {
		log.Printf("%s/%d@%d: %v", record.Topic, record.Partition, record.Offset, err)
		written.Done()
		return
	}
	err = indexer.Add(context.Background(), esutil.BulkIndexerItem{
		Action: "create", Index: indices[record.Topic], DocumentID: id, Body: document,
		OnSuccess: func(context.Context, esutil.BulkIndexerItem, esutil.BulkIndexerResponseItem) {
			written.Done()
		},
		OnFailure: func(_ context.Context, _ esutil.BulkIndexerItem,
			answer esutil.BulkIndexerResponseItem, err error) {
			// 409: it is there already.
			if err != nil || answer.Status != 409 {
				log.Fatalf("document %s: %d %s %v", id, answer.Status, answer.Error.Reason, err)
			}
			written.Done()
		},
	})
	if err != nil {
		log.Fatal(err)
	}
}

func commitInOrder(client *kgo.Client, queue <-chan fetched, done chan<- struct{}) {
	defer close(done)
	for batch := range queue {
		batch.written.Wait()
		if err := client.CommitRecords(context.Background(), batch.records...); err != nil {
			log.Printf("commit: %v", err)
		}
	}
}
