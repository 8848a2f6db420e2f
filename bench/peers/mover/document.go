package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// compose checks a record's event and makes its document: the event's own bytes, and behind them
// where it came from and one text that makes all of its data searchable.
func compose(record *kgo.Record, indexedAt time.Time) (id string, document *bytes.Reader, err error) {
	var event struct {
		ID   string         `json:"id"`
		Time string         `json:"time"`
		Data map[string]any `json:"data"`
	}
	decoder := json.NewDecoder(bytes.NewReader(record.Value))
	decoder.UseNumber()
	if err := decoder.Decode(&event); err != nil {
		return "", nil, err
	}
	if event.ID == "" || event.Data == nil {
		return "", nil, errors.New("this is no event")
	}
	receivedAt := record.Timestamp
	for _, header := range record.Headers {
		if header.Key == "tributary-received-at" {
			if parsed, err := time.Parse(time.RFC3339Nano, string(header.Value)); err == nil {
				receivedAt = parsed
			}
		}
	}
	digest := sha256.Sum256(record.Value)
	var text strings.Builder
	collect(&text, event.Data)
	provenance, err := json.Marshal(map[string]any{
		"@timestamp": event.Time,
		"pipeline": map[string]any{
			"received_at":  receivedAt.UTC().Format(time.RFC3339Nano),
			"published_at": record.Timestamp.UTC().Format(time.RFC3339Nano),
			"indexed_at":   indexedAt.Format(time.RFC3339Nano),
			"digest":       hex.EncodeToString(digest[:]),
			"latency_ms":   max(0, indexedAt.Sub(receivedAt).Milliseconds()),
		},
		"kafka": map[string]any{"topic": record.Topic, "partition": record.Partition,
			"offset": record.Offset},
		"text": text.String(),
	})
	if err != nil {
		return "", nil, err
	}
	end := bytes.LastIndexByte(record.Value, '}')
	whole := make([]byte, 0, end+1+len(provenance))
	whole = append(whole, record.Value[:end]...)
	whole = append(whole, ',')
	whole = append(whole, provenance[1:]...)
	return event.ID, bytes.NewReader(whole), nil
}

// collect appends every value below a node.
func collect(text *strings.Builder, node any) {
	switch node := node.(type) {
	case map[string]any:
		for _, value := range node {
			collect(text, value)
		}
	case []any:
		for _, value := range node {
			collect(text, value)
		}
	case nil:
	default:
		if text.Len() > 0 {
			text.WriteByte(' ')
		}
		fmt.Fprint(text, node)
	}
}
