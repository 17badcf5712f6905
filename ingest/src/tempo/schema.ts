// The messages that Tempo answers with, as protobufjs types: field numbers and names of its protocol
// (https://github.com/grafana/tempo/blob/main/pkg/tempopb/tempo.proto), which also are the keys of its JSON. Only fields
// that every Grafana since version 10 knows: it refuses an answer with one more.
import protobuf from 'protobufjs'
import { otlpRoot } from '../otlp/schema.ts'

const proto = `
syntax = "proto3";
package tempo;
message SearchResponse { repeated TraceSearchMetadata traces = 1; SearchMetrics metrics = 2; }
message TraceSearchMetadata {
  string traceID = 1;
  string rootServiceName = 2;
  string rootTraceName = 3;
  uint64 startTimeUnixNano = 4;
  uint32 durationMs = 5;
  repeated SpanSet spanSets = 7;
  map<string, ServiceStats> serviceStats = 8;
}
message ServiceStats { uint32 spanCount = 1; uint32 errorCount = 2; }
message SpanSet { repeated Span spans = 1; uint32 matched = 2; repeated otlp.KeyValue attributes = 3; }
message Span {
  string spanID = 1;
  string name = 2;
  uint64 startTimeUnixNano = 3;
  uint64 durationNanos = 4;
  repeated otlp.KeyValue attributes = 5;
}
message SearchMetrics {
  uint32 inspectedTraces = 1;
  uint64 inspectedBytes = 2;
  uint32 totalBlocks = 3;
  uint32 completedJobs = 4;
  uint32 totalJobs = 5;
}
message SearchTagsResponse { repeated string tagNames = 1; MetadataMetrics metrics = 2; }
message SearchTagsV2Response { repeated SearchTagsV2Scope scopes = 1; MetadataMetrics metrics = 2; }
message SearchTagsV2Scope { string name = 1; repeated string tags = 2; }
message SearchTagValuesResponse { repeated string tagValues = 1; MetadataMetrics metrics = 2; }
message SearchTagValuesV2Response { repeated TagValue tagValues = 1; MetadataMetrics metrics = 2; }
message TagValue { string type = 1; string value = 2; }
message MetadataMetrics {
  uint64 inspectedBytes = 1;
  uint32 totalJobs = 2;
  uint32 completedJobs = 3;
  uint32 totalBlocks = 4;
}
enum PartialStatus { COMPLETE = 0; PARTIAL = 1; }
message QueryRangeResponse {
  repeated TimeSeries series = 1;
  SearchMetrics metrics = 2;
  PartialStatus status = 3;
  string message = 4;
}
message TimeSeries {
  repeated otlp.KeyValue labels = 1;
  repeated Sample samples = 2;
  repeated Exemplar exemplars = 4;
}
message Sample { double value = 1; int64 timestamp_ms = 2; }
message Exemplar { repeated otlp.KeyValue labels = 1; double value = 2; int64 timestamp_ms = 3; }
message QueryInstantResponse {
  repeated InstantSeries series = 1;
  SearchMetrics metrics = 2;
  PartialStatus status = 3;
  string message = 4;
}
message InstantSeries { repeated otlp.KeyValue labels = 1; double value = 2; }
`

protobuf.parse(proto, otlpRoot)
otlpRoot.resolveAll()

const message = (name: string): protobuf.Type => otlpRoot.lookupType(`tempo.${name}`)

export const searchResponseType = message('SearchResponse')
export const searchTagsResponseType = message('SearchTagsResponse')
export const searchTagsV2ResponseType = message('SearchTagsV2Response')
export const searchTagValuesResponseType = message('SearchTagValuesResponse')
export const searchTagValuesV2ResponseType = message('SearchTagValuesV2Response')
export const queryRangeResponseType = message('QueryRangeResponse')
export const queryInstantResponseType = message('QueryInstantResponse')
