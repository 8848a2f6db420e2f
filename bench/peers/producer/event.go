package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

type kind int

const (
	keyword kind = iota
	text
	number
	date
)

type entity struct {
	topic  string
	fields map[string]kind
}

// The catalog: what each type's fields may hold where they are present.
var catalog = map[string]entity{
	"product": {"products", map[string]kind{
		"id": keyword, "name": text, "description": text, "category": keyword, "brand": keyword,
		"sku": keyword, "supplier_id": keyword, "price": number, "currency": keyword,
		"stock": number, "status": keyword, "created_at": date, "updated_at": date}},
	"order": {"orders", map[string]kind{
		"id": keyword, "customer_id": keyword, "product_id": keyword, "quantity": number,
		"total": number, "currency": keyword, "status": keyword, "priority": keyword, "date": date,
		"created_at": date, "updated_at": date}},
	"supplier": {"suppliers", map[string]kind{
		"id": keyword, "name": text, "contact": text, "email": keyword, "phone": keyword,
		"address": text, "city": keyword, "country": keyword, "balance": number, "status": keyword,
		"created_at": date, "updated_at": date}},
}

type event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// decode reads {"type", "data", "id"?}, checks it against the catalog, and wraps it as a CloudEvent.
func decode(item []byte, receivedAt time.Time) (*event, error) {
	var input struct {
		ID   string          `json:"id"`
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(item, &input); err != nil {
		return nil, err
	}
	entity, known := catalog[input.Type]
	if !known {
		return nil, fmt.Errorf("there is no type %q", input.Type)
	}
	subject, err := validate(entity, input.Data)
	if err != nil {
		return nil, err
	}
	if input.ID == "" {
		input.ID = uuid.Must(uuid.NewV7()).String()
	}
	return &event{SpecVersion: "1.0", ID: input.ID, Source: "/api", Type: input.Type,
		Subject: subject, Time: receivedAt.Format(time.RFC3339Nano),
		DataContentType: "application/json", Data: input.Data}, nil
}

// validate holds data to the catalog and returns the entity's own id.
func validate(entity entity, data json.RawMessage) (subject string, err error) {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return "", fmt.Errorf("data must be an object: %w", err)
	}
	if len(fields) == 0 {
		return "", errors.New("data must not be empty")
	}
	for name, value := range fields {
		kind, typed := entity.fields[name]
		if typed && value != nil && !fits(kind, value) {
			return "", fmt.Errorf("/data/%s has the wrong type", name)
		}
	}
	if id, has := fields["id"]; has && id != nil {
		subject = fmt.Sprint(id)
	}
	return subject, nil
}

func fits(kind kind, value any) bool {
	switch value := value.(type) {
	case string:
		return kind != number && (kind != date || isDate(value))
	case json.Number:
		return true
	case bool:
		return kind == keyword
	default:
		return false
	}
}

func isDate(value string) bool {
	if _, err := time.Parse(time.RFC3339, value); err == nil {
		return true
	}
	_, err := time.Parse(time.DateOnly, value)
	return err == nil
}

// record is the event as it is written to Kafka: one line, keyed by its entity.
func (e *event) record(receivedAt time.Time) *kgo.Record {
	value, err := json.Marshal(e)
	if err != nil {
		panic(err) // Every part of it came out of a JSON decoder.
	}
	key := e.Subject
	if key == "" {
		key = e.ID
	}
	return &kgo.Record{Topic: catalog[e.Type].topic, Key: []byte(key), Value: value,
		Headers: []kgo.RecordHeader{
			{Key: "content-type", Value: []byte("application/cloudevents+json; charset=UTF-8")},
			{Key: "tributary-received-at", Value: []byte(receivedAt.Format(time.RFC3339Nano))},
		}}
}
