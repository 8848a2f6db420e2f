output "id" {
  description = "Id of the API."
  value       = aws_api_gateway_rest_api.this.id
}

output "url" {
  description = "Where events are sent."
  value       = "${aws_api_gateway_stage.this.invoke_url}/events"
}

output "api_keys" {
  description = "The callers' keys, for the header x-api-key."
  value       = { for caller, key in aws_api_gateway_api_key.caller : caller => key.value }
  sensitive   = true
}
