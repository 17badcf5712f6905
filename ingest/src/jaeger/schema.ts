// The messages of jaeger.api_v3 as protobufjs types, made once at load:
// https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v3/query_service.proto
import protobuf from 'protobufjs'

const proto = `
syntax = "proto3";
package jaeger;
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
message GetTraceRequest {
  string trace_id = 1;
  Timestamp start_time = 2;
  Timestamp end_time = 3;
  bool raw_traces = 4;
}
message TraceQueryParameters {
  string service_name = 1;
  string operation_name = 2;
  map<string, string> attributes = 3;
  Timestamp start_time_min = 4;
  Timestamp start_time_max = 5;
  Duration duration_min = 6;
  Duration duration_max = 7;
  int32 search_depth = 8;
  bool raw_traces = 9;
  bytes filter = 10;
}
message FindTracesRequest { TraceQueryParameters query = 1; }
message GetServicesResponse { repeated string services = 1; }
message GetOperationsRequest { string service = 1; string span_kind = 2; }
message Operation { string name = 1; string span_kind = 2; }
message GetOperationsResponse { repeated Operation operations = 1; }
message GetDependenciesRequest { Timestamp start_time = 1; Timestamp end_time = 2; }
message DependenciesResponse { repeated Dependency dependencies = 1; }
message Dependency { string parent = 1; string child = 2; uint64 call_count = 3; }
message ServiceSummary { string name = 1; int32 span_count = 2; int32 error_span_count = 3; }
message TraceSummary {
  string trace_id = 1;
  string root_service_name = 2;
  string root_operation_name = 3;
  fixed64 min_start_time_unix_nano = 4;
  fixed64 max_end_time_unix_nano = 5;
  int32 span_count = 6;
  int32 error_span_count = 7;
  int32 orphan_span_count = 8;
  repeated ServiceSummary services = 9;
}
message FindTraceSummariesResponse { repeated TraceSummary summaries = 1; }
`

const root = protobuf.parse(proto).root
root.resolveAll()

const message = (name: string): protobuf.Type => root.lookupType(`jaeger.${name}`)

export const getTraceRequestType = message('GetTraceRequest')
/** FindTraceSummariesRequest is the same. */
export const findTracesRequestType = message('FindTracesRequest')
export const getServicesResponseType = message('GetServicesResponse')
export const getOperationsRequestType = message('GetOperationsRequest')
export const getOperationsResponseType = message('GetOperationsResponse')
export const getDependenciesRequestType = message('GetDependenciesRequest')
export const dependenciesResponseType = message('DependenciesResponse')
export const findTraceSummariesResponseType = message('FindTraceSummariesResponse')
