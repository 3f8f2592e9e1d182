"""What runs in a Kubernetes cluster: its workloads, their containers, the images of these.

`access` logs in, `api` asks, `cluster` reads everything that is wanted into a `workloads.Cluster`, and
`learning` has each image of it learned once.
"""
