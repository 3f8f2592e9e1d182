# escape=`
FROM x
RUN <<EOF
make
EOF
COPY ["a b", `
  # note
  "/c"]
