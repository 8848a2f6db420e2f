# For the load balancer in front of the Producer, which deploy/kubernetes/overlays/aws asks the cluster
# for: it names this group by its tag. From the load balancer to the pods leads the group that the
# controller itself adds.

resource "aws_security_group" "producer" {
  name        = "${var.name}-producer"
  description = "The load balancer of the Producer: events from the functions only"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-producer" }
}

resource "aws_vpc_security_group_ingress_rule" "producer_from_functions" {
  security_group_id            = aws_security_group.producer.id
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = var.producer_port
  to_port                      = var.producer_port
  description                  = "Events from the functions"
}
