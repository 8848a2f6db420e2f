variable "name" {
  type        = string
  description = "Begins the name of every resource."
}

variable "cidr" {
  type        = string
  description = "Address range of the VPC."
}

variable "zones" {
  type        = list(string)
  description = "Names of the availability zones; empty: the first zone_count of the region."
}

variable "zone_count" {
  type        = number
  description = "How many zones are used where none is named."
}

variable "nat" {
  type        = string
  description = "How private subnets reach the internet: none, single (one gateway) or per_zone."
}

variable "interface_services" {
  type        = list(string)
  description = "Services that get an interface endpoint where there is no NAT, such as sqs."
}

variable "producer_port" {
  type        = number
  description = "TCP port of the Producer, which the functions may reach."
}

variable "producer_cidrs" {
  type        = list(string)
  description = "Where the Producer listens; empty: anywhere in the VPC."
}
